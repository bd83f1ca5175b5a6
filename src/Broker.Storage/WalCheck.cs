using System.Buffers.Binary;

namespace Broker.Storage;

/// <summary>
/// Looks at SQLite's write-ahead log before SQLite does. The engine ends it at the first frame whose checksum is wrong, which is
/// right for a tail that was cut off, but would silently drop confirmed commits if an earlier frame was damaged.
/// </summary>
/// <remarks>
/// Format: https://www.sqlite.org/fileformat2.html#walformat. A tail that a crash cut off is one unconfirmed commit, so no more
/// than one end of a commit can stand after the first bad frame.
/// </remarks>
internal static class WalCheck
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;

    /// <summary>Looks at the log of a database.</summary>
    /// <exception cref="StoreException">It is damaged before its tail.</exception>
    public static void Run(string database)
    {
        string file = database + "-wal";
        if (!File.Exists(file)) return;
        using FileStream stream = File.OpenRead(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return;
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        bool isBigEndian = (magic & 1) != 0;
        if ((magic & ~1u) != 0x377F0682) return; // it says of itself that it is no log: the engine ignores it as a whole
        int pageBytes = BinaryPrimitives.ReadInt32BigEndian(header[8..]);
        if (pageBytes is < 512 or > 65_536) return;
        (uint, uint) sum = Add((0, 0), header[..24], isBigEndian);
        if (sum != (BinaryPrimitives.ReadUInt32BigEndian(header[24..]), BinaryPrimitives.ReadUInt32BigEndian(header[28..]))) return;
        int lost = CountLostCommits(stream, header.Slice(16, 8).ToArray(), sum, pageBytes, isBigEndian, out int firstBad);
        if (lost <= 1) return;
        throw StoreFaults.Damaged(
            Path.GetDirectoryName(database) ?? ".", $"{Path.GetFileName(file)} is corrupt at frame {firstBad}, with {lost} commits after it");
    }

    private static int CountLostCommits(FileStream stream, byte[] salt, (uint, uint) sum, int pageBytes, bool isBigEndian, out int firstBad)
    {
        firstBad = 0;
        int lost = 0;
        var frame = new byte[FrameHeaderBytes + pageBytes];
        for (int number = 1; stream.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length; number++)
        {
            bool isOfThisLog = frame.AsSpan(8, 8).SequenceEqual(salt); // what is left of an earlier round has other salts
            if (firstBad == 0)
            {
                sum = Add(Add(sum, frame.AsSpan(0, 8), isBigEndian), frame.AsSpan(FrameHeaderBytes), isBigEndian);
                bool isSound = sum == (BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(20)));
                if (isOfThisLog && isSound) continue;
                firstBad = number;
            }

            bool endsCommit = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0;
            if (isOfThisLog && endsCommit) lost++;
        }

        return lost;
    }

    private static (uint, uint) Add((uint First, uint Second) sum, ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint first = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            uint second = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            sum.First += first + sum.Second;
            sum.Second += second + sum.First;
        }

        return sum;
    }
}
