using System.Buffers.Binary;

namespace Broker.Fuzz;

/// <summary>Makes new inputs from those that went somewhere, as AFL does: bits, bytes, numbers at their ends, words, pieces of others.</summary>
internal sealed class Mutator(FuzzTarget target, Random random)
{
    private const int MostSteps = 8;
    private static readonly byte[] _bytes = [0, 1, 2, 0x7F, 0x80, 0xC0, 0xED, 0xFE, 0xFF, (byte)'/', (byte)'+', (byte)'#', (byte)'$', (byte)'"', (byte)'\n', (byte)':'];
    private static readonly int[] _numbers = [0, 1, -1, 127, 128, 255, 256, 16_383, 16_384, 32_767, 32_768, 65_535, 65_536, int.MaxValue, int.MinValue];

    /// <summary>A mutant.</summary>
    public byte[] Next(IReadOnlyList<byte[]> corpus)
    {
        List<byte> bytes = [.. corpus[random.Next(corpus.Count)]];
        int steps = 1 + random.Next(MostSteps);
        for (int i = 0; i < steps; i++) Step(bytes, corpus);
        if (bytes.Count > target.MaxBytes) bytes.RemoveRange(target.MaxBytes, bytes.Count - target.MaxBytes);
        return target.Repair([.. bytes], random);
    }

    private void Step(List<byte> bytes, IReadOnlyList<byte[]> corpus)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        int at = random.Next(bytes.Count);
        switch (random.Next(10))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes[at] = _bytes[random.Next(_bytes.Length)];
                break;
            case 3:
                bytes[at] += (byte)(random.Next(71) - 35);
                break;
            case 4:
                bytes.RemoveRange(at, 1 + random.Next(Math.Min(bytes.Count - at, 32)));
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, 1 + random.Next(Math.Min(bytes.Count - at, 32))));
                break;
            case 6:
                bytes.Insert(at, _bytes[random.Next(_bytes.Length)]);
                break;
            case 7:
                WriteNumber(bytes, at);
                break;
            case 8 when target.Words.Count > 0:
                bytes.InsertRange(at, target.Words[random.Next(target.Words.Count)]);
                break;
            default:
                Splice(bytes, at, corpus[random.Next(corpus.Count)]);
                break;
        }
    }

    private void WriteNumber(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        int value = _numbers[random.Next(_numbers.Length)];
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt32BigEndian(number, value);
        else BinaryPrimitives.WriteInt32LittleEndian(number, value);
        int width = 1 << random.Next(3);
        if (random.Next(2) == 0) number = number[^width..];
        for (int i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    private void Splice(List<byte> bytes, int at, byte[] other)
    {
        if (other.Length == 0) return;
        int from = random.Next(other.Length);
        int count = 1 + random.Next(other.Length - from);
        if (random.Next(2) == 0) bytes.RemoveRange(at, Math.Min(count, bytes.Count - at));
        bytes.InsertRange(at, other.AsSpan(from, count).ToArray());
    }
}
