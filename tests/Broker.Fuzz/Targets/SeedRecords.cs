using System.Buffers.Binary;
using Broker.Core.Storage;

namespace Broker.Fuzz.Targets;

/// <summary>Records as a run of the broker writes them: of each kind, alone and together.</summary>
internal static class SeedRecords
{
    private const long Session = 7;
    private const long Message = 3;
    private const long Entry = 11;
    private const long Day = 86_400_000;

    public static IEnumerable<byte[]> All
    {
        get
        {
            byte[][] all =
            [
                Record(RecordKind.CheckpointBegan, _ => { }),
                Record(RecordKind.Session, w => w.Int64(Session).Text("client").Text("user").Text("alice").Int64(Day).Int64(0).Int64(Message).Int64(1_000).Int64(-1)),
                Record(RecordKind.Message, w => w.Int64(Message).Byte(5).Byte(0).Int64(1_767_225_600_000).Int64(0).Bytes("a/b"u8).Bytes([0x26, 0, 1, 0x61, 0, 1, 0x62]).Bytes("x"u8).Text("c").Text("user").Text("alice")),
                Record(RecordKind.Retained, w => w.Int64(Message)),
                Record(RecordKind.Value, w => w.Int64(Message)),
                Record(RecordKind.Subscribed, w => w.Int64(Session).Bytes("$changes/a/#"u8).Byte(0x1E).Int32(9).Byte(1).Byte(1).Int64(BitConverter.DoubleToInt64Bits(0.5)).Int64(100).Int64(5_000).Int32(1).Text("/v")),
                Record(RecordKind.Subscribed, w => w.Int64(Session).Bytes("$share/g/a/+"u8).Byte(2).Int32(0).Byte(0)),
                Record(RecordKind.Queued, w => w.Int64(Session).Int64(Entry).Int64(Message).Byte(9).Int32(1).Int32(2).Int32(4).Int32(5).Text("$share/g/a/+")),
                Record(RecordKind.Assigned, w => w.Int64(Session).Int64(Entry).UInt16(17)),
                Record(RecordKind.Released, w => w.Int64(Session).Int64(Entry)),
                Record(RecordKind.Received, w => w.Int64(Session).UInt16(18)),
                Record(RecordKind.ReceivedEnded, w => w.Int64(Session).UInt16(18)),
                Record(RecordKind.Removed, w => w.Int64(Session).Int64(Entry)),
                Record(RecordKind.Unsubscribed, w => w.Int64(Session).Bytes("$share/g/a/+"u8)),
                Record(RecordKind.RetainedRemoved, w => w.Bytes("a/b"u8)),
                Record(RecordKind.WillGone, w => w.Int64(Session).Int64(Message)),
                Record(RecordKind.SessionReset, w => w.Int64(Session)),
                Record(RecordKind.SessionEnded, w => w.Int64(Session)),
                Record(RecordKind.CheckpointEnded, _ => { }),
            ];
            foreach (byte[] one in all) yield return one;
            yield return [.. all[..9].SelectMany(record => record)];
            yield return [.. all[..12].SelectMany(record => record)];
            yield return [.. all.SelectMany(record => record)];
        }
    }

    /// <summary>Gives the last record the length that is there, mostly.</summary>
    public static byte[] RepairLengths(byte[] input, Random random)
    {
        if (random.Next(4) == 0) return input;
        int at = 0;
        while (at + RecordWriter.HeaderBytes <= input.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(at + 1));
            int there = input.Length - at - RecordWriter.HeaderBytes;
            if (length < 0 || length > there) BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan(at + 1), length = there);
            at += RecordWriter.HeaderBytes + length;
        }

        return input;
    }

    private static byte[] Record(RecordKind kind, Action<RecordWriter> fields)
    {
        var writer = new RecordWriter();
        writer.Begin(kind);
        fields(writer);
        writer.End();
        return writer.Written.ToArray();
    }
}
