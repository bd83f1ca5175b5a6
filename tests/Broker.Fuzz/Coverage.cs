using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Broker.Fuzz;

/// <summary>
/// Which branches an input took, as AFL counts them: a byte for each pair of places that follow each other, by how often. The
/// instrumented assemblies write into it; without instrumentation it stays empty. There is one, as long as the process lives: a
/// timer's thread may write into it at any time.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 65_536;
    private readonly byte* _map = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];

    /// <summary>Has to be there before anything of the broker runs.</summary>
    public Coverage() => Trace.SharedMem = _map;

    /// <summary>Pairs of places that were ever taken.</summary>
    public int Edges => _seen.Count(seen => seen != 0);

    /// <summary>Forgets where other targets went.</summary>
    public void Reset() => Array.Clear(_seen);

    /// <summary>Forgets the input before.</summary>
    public void Begin()
    {
        new Span<byte>(_map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the input went where none has gone before, or noticeably more often.</summary>
    public bool IsNew()
    {
        bool isNew = false;
        var words = new ReadOnlySpan<ulong>(_map, Size / sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0) continue;
            for (int at = i * sizeof(ulong); at < (i + 1) * sizeof(ulong); at++)
            {
                byte bucket = Bucket(_map[at]);
                if ((bucket & ~_seen[at]) == 0) continue;
                _seen[at] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }

    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        <= 7 => 8,
        <= 15 => 16,
        <= 31 => 32,
        <= 127 => 64,
        _ => 128,
    };
}
