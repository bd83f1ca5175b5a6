using Broker.Core.Protocol;

namespace Broker.Core.Storage;

/// <summary>A delivery of an earlier run.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Message">The number of its message; 0 if it is no longer needed.</param>
/// <param name="Qos">The QoS that it is sent with.</param>
/// <param name="Retain">The RETAIN flag that it is sent with.</param>
/// <param name="Identifier">The Subscription Identifier; 0 for none.</param>
/// <param name="MoreIdentifiers">Further ones, or null.</param>
/// <param name="Group">The filter of the shared group that it came through, or null.</param>
/// <param name="PacketId">Its packet identifier at QoS 2; 0 if it has none yet.</param>
/// <param name="IsReleased">Whether PUBREC came.</param>
internal readonly record struct RecoveredEntry(
    long Number, long Message, QualityOfService Qos, bool Retain, int Identifier, int[]? MoreIdentifiers, string? Group, ushort PacketId = 0, bool IsReleased = false)
{
    private const long None = -1;

    /// <summary>Whether it no longer waits.</summary>
    public bool IsRemoved => Message == None;

    /// <summary>The same, after its end.</summary>
    public RecoveredEntry Removed() => new(Number, None, Qos, false, 0, null, null);

    /// <summary>Reads the fields after the delivery's number.</summary>
    public static RecoveredEntry Read(long number, ref RecordReader reader)
    {
        long message = reader.Int64();
        byte flags = reader.Byte();
        int identifier = reader.Int32();
        int count = reader.Count(sizeof(int));
        int[]? more = count == 0 ? null : new int[count];
        for (int i = 0; i < count; i++) more![i] = reader.Int32();
        string? group = (flags & 8) != 0 ? reader.Text() : null;
        return new RecoveredEntry(number, message, (QualityOfService)(flags & 3), (flags & 4) != 0, identifier, more, group);
    }
}
