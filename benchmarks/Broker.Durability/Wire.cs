using System.Buffers.Binary;
using System.Text;

namespace Broker.Durability;

/// <summary>The few packets of MQTT 3.1.1 that the load sends, and the frames of those that it gets.</summary>
internal static class Wire
{
    public const byte Publish = 0x30;
    public const byte PubAck = 0x40;

    /// <summary>CONNECT, with a session that is kept.</summary>
    public static byte[] Connect(string clientId) => Packet(0x10, [0, 4, .. "MQTT"u8, 4, 0, 0, 0, .. Text(clientId)]);

    public static byte[] Subscribe(string filter) => Packet(0x82, [0, 1, .. Text(filter), 1]);

    /// <summary>PUBLISH at QoS 1 with an empty packet identifier; and where that is.</summary>
    public static (byte[] Packet, int IdAt) PublishTo(string topic, int payloadBytes)
    {
        byte[] packet = Packet(0x32, [.. Text(topic), 0, 0, .. new byte[payloadBytes]]);
        return (packet, packet.Length - payloadBytes - 2);
    }

    /// <summary>The length of the packet at the beginning of some bytes and where its variable header begins; false if it is not there as a whole.</summary>
    public static bool TryFrame(ReadOnlySpan<byte> bytes, out int length, out int body)
    {
        length = 0;
        int size = 0;
        for (body = 1; body < bytes.Length; body++)
        {
            size |= (bytes[body] & 127) << (7 * (body - 1));
            if (bytes[body] >= 128) continue;
            body++;
            length = body + size;
            return length <= bytes.Length;
        }

        return false;
    }

    public static int TextLength(ReadOnlySpan<byte> bytes) => 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Packet(byte first, byte[] body) =>
        body.Length < 128 ? [first, (byte)body.Length, .. body] : [first, (byte)(body.Length | 128), (byte)(body.Length >> 7), .. body];
}
