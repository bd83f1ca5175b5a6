using System.Diagnostics;
using Broker.Core.Storage;

namespace Broker.Storage;

/// <summary>What was appended since the last commit was closed.</summary>
/// <remarks>Threading: under the gate of the store, but for <see cref="Length"/>. Owner: the store.</remarks>
internal sealed class OpenCommit
{
    private const int FirstBytes = 65_536;
    private const int KeptBytes = 16_777_216;

    private byte[] _records = new byte[FirstBytes];
    private byte[] _spare = new byte[FirstBytes];
    private int _length;
    private long _since; // when the first record came

    /// <summary>Bytes of records. Any thread may look.</summary>
    public int Length => Volatile.Read(ref _length);

    /// <summary>The strictest of what was asked for.</summary>
    public AckLevel Demand { get; private set; }

    /// <summary>How long the first record has been there.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_since);

    /// <summary>Adds records.</summary>
    /// <returns>Whether they are the first.</returns>
    public bool Add(ReadOnlySpan<byte> records, AckLevel level)
    {
        bool isFirst = _length == 0;
        if (_records.Length - _length < records.Length) Array.Resize(ref _records, Math.Max(2 * _records.Length, _length + records.Length));
        records.CopyTo(_records.AsSpan(_length));
        _length += records.Length;
        if (level > Demand) Demand = level;
        if (isFirst) _since = Stopwatch.GetTimestamp();
        return isFirst;
    }

    /// <summary>Takes all of it, and begins the next.</summary>
    /// <returns>What was taken; the array is used again after the next call.</returns>
    public ReadOnlyMemory<byte> Take()
    {
        ReadOnlyMemory<byte> taken = _records.AsMemory(0, _length);
        byte[] records = _records;
        _records = _spare.Length > KeptBytes ? new byte[FirstBytes] : _spare;
        _spare = records;
        _length = 0;
        Demand = AckLevel.Memory;
        return taken;
    }
}
