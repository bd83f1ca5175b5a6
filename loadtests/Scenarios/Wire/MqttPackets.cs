using System.Buffers.Binary;
using System.Text;

namespace Broker.LoadTests.Wire;

/// <summary>The packets that a load generator sends, and no others: a client library would cost more than the broker that is measured.</summary>
public static class MqttPackets
{
    public const int Version311 = 4;
    public const int Version5 = 5;

    public static readonly byte[] PingRequest = [0xC0, 0];
    public static readonly byte[] Disconnect = [0xE0, 0];

    private const byte ResponseTopicProperty = 0x08;
    private const byte CorrelationDataProperty = 0x09;
    private const byte SessionExpiryProperty = 0x11;
    private const byte UserPropertyProperty = 0x26;

    public static byte[] Connect(string clientId, int version, ushort keepAliveSeconds, bool cleanStart = true, uint sessionExpirySeconds = 0)
    {
        var body = new List<byte>();
        Text(body, "MQTT");
        body.Add((byte)version);
        body.Add((byte)(cleanStart ? 2 : 0));
        Number(body, keepAliveSeconds);
        if (version == Version5)
        {
            if (sessionExpirySeconds == 0)
            {
                body.Add(0);
            }
            else
            {
                body.AddRange([5, SessionExpiryProperty, (byte)(sessionExpirySeconds >> 24), (byte)(sessionExpirySeconds >> 16), (byte)(sessionExpirySeconds >> 8), (byte)sessionExpirySeconds]);
            }
        }

        Text(body, clientId);
        return Packet(0x10, body);
    }

    /// <summary>A subscription; its options are user properties, as those of change-only delivery are (MQTT 5).</summary>
    public static byte[] Subscribe(ushort id, string filter, int qos, int version, IReadOnlyDictionary<string, string>? options = null)
    {
        var body = new List<byte>();
        Number(body, id);
        if (version == Version5)
        {
            var properties = new List<byte>();
            foreach ((string name, string value) in options ?? new Dictionary<string, string>())
            {
                properties.Add(UserPropertyProperty);
                Text(properties, name);
                Text(properties, value);
            }

            VariableNumber(body, properties.Count);
            body.AddRange(properties);
        }

        Text(body, filter);
        body.Add((byte)qos);
        return Packet(0x82, body);
    }

    /// <summary>A publication; with a response topic it asks, with correlation data alone it answers (MQTT 5 request/response).</summary>
    public static byte[] Publish(string topic, ReadOnlySpan<byte> payload, int qos, ushort id, bool retain, int version, (string Topic, byte[] Correlation)? response = null, byte[]? correlation = null)
    {
        var body = new List<byte>(topic.Length + payload.Length + 16);
        Text(body, topic);
        if (qos > 0) Number(body, id);
        if (version == Version5)
        {
            var properties = new List<byte>();
            if (response is { } wanted)
            {
                properties.Add(ResponseTopicProperty);
                Text(properties, wanted.Topic);
            }

            if ((response?.Correlation ?? correlation) is { } data)
            {
                properties.Add(CorrelationDataProperty);
                Number(properties, (ushort)data.Length);
                properties.AddRange(data);
            }

            VariableNumber(body, properties.Count);
            body.AddRange(properties);
        }

        body.AddRange(payload);
        return Packet((byte)(0x30 | (qos << 1) | (retain ? 1 : 0)), body);
    }

    /// <summary>Appends a PUBACK, the same in both versions.</summary>
    public static void PubAck(List<byte> to, ushort id)
    {
        to.Add(0x40);
        to.Add(2);
        Number(to, id);
    }

    private static byte[] Packet(byte first, List<byte> body)
    {
        var packet = new List<byte>(body.Count + 5) { first };
        VariableNumber(packet, body.Count);
        packet.AddRange(body);
        return [.. packet];
    }

    private static void VariableNumber(List<byte> to, int value)
    {
        do
        {
            int digit = value & 0x7F;
            value >>= 7;
            to.Add((byte)(value > 0 ? digit | 0x80 : digit));
        }
        while (value > 0);
    }

    private static void Number(List<byte> to, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        to.AddRange(bytes);
    }

    private static void Text(List<byte> to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Number(to, checked((ushort)bytes.Length));
        to.AddRange(bytes);
    }
}
