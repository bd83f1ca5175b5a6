using System.Buffers.Binary;

namespace Broker.Durability;

/// <summary>Has a kept session, gets what one publisher sends at QoS 1, and acknowledges it; nothing may be missing.</summary>
internal sealed class Subscriber : LoadConnection
{
    public Subscriber(int port, int number)
        : base(port, $"subscriber-{number}") => Ask(Wire.Subscribe($"durability/{number}"), 0x90);

    /// <summary>Messages that came.</summary>
    public ulong Received { get; private set; }

    protected override void Take(byte first, ReadOnlySpan<byte> body)
    {
        if ((first & 0xF0) != Wire.Publish) throw new IOException($"The broker sent {first:X2} to a subscriber");
        int at = Wire.TextLength(body);
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(body[(at + 2)..]);
        if (number != Received) throw new IOException($"Message {Received} was due, and {number} came");
        Received++;
        Span<byte> ack = Reserve(4);
        (ack[0], ack[1], ack[2], ack[3]) = (Wire.PubAck, 2, body[at], body[at + 1]);
    }
}
