using Broker.Core.Protocol;

namespace Broker.Core.Messages;

/// <summary>The Subscription Identifiers of one delivery: mostly none or one, several where subscriptions overlap [MQTT-3.3.4-3].</summary>
/// <param name="First">The first; 0 if there is none.</param>
/// <param name="More">The others, or null.</param>
internal readonly record struct SubscriptionIdentifiers(int First, int[]? More)
{
    /// <summary>Bytes that they take as properties.</summary>
    public int Size
    {
        get
        {
            int size = First == 0 ? 0 : 1 + PacketWriter.VariableByteIntegerSize(First);
            foreach (int identifier in More ?? []) size += 1 + PacketWriter.VariableByteIntegerSize(identifier);
            return size;
        }
    }

    /// <summary>Writes them as properties and returns their size.</summary>
    public int WriteTo(Span<byte> span)
    {
        int at = First == 0 ? 0 : WriteOne(span, First);
        foreach (int identifier in More ?? []) at += WriteOne(span[at..], identifier);
        return at;
    }

    private static int WriteOne(Span<byte> span, int identifier)
    {
        span[0] = (byte)PropertyId.SubscriptionIdentifier;
        return 1 + PublishWriter.WriteVariable(span[1..], identifier);
    }
}
