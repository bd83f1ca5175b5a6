using System.Text;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Fuzz.Targets;

/// <summary>Good packets of clients, of each type and version, from the encoder of the tests.</summary>
internal static class SeedPackets
{
    private const int LengthMask = 0x7F;
    private static readonly ProtocolVersion[] _versions = [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5];

    public static IReadOnlyList<(ProtocolVersion Version, byte[] Bytes)> All { get; } = [.. _versions.SelectMany(Of)];

    public static IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[] { "MQTT", "MQIsdp", "$share/g/", "$changes/", "$SYS/#", "$presence/a", "+/#", "a/b", "deadband", "pointer", "max-silence", "min-interval", "JWT", "SCRAM-SHA-256" }
            .Select(Encoding.ASCII.GetBytes),
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBF, 0xBF], [0x80, 0x80, 0x80, 0x01], [0xFF, 0xFF, 0xFF, 0x7F],
        [0x01, 0x01], [0x02, 0, 0, 0, 1], [0x0B, 0x01], [0x11, 0xFF, 0xFF, 0xFF, 0xFF], [0x21, 0, 1], [0x22, 0, 1], [0x23, 0, 1], [0x26, 0, 0, 0, 0], [0x27, 0, 0, 0, 20],
        .. All.Where(packet => packet.Version == ProtocolVersion.V5).Select(packet => packet.Bytes),
    ];

    public static byte[] Connect(ProtocolVersion version, bool isBare = true) => ClientPackets.Connect(new ConnectOptions
    {
        Version = version,
        ClientId = "c",
        UserName = isBare ? null : "u",
        Password = isBare ? null : "p"u8.ToArray(),
        Will = isBare ? null : new WillOptions("w/t", "gone"u8.ToArray()) { Qos = QualityOfService.AtLeastOnce, Retain = true },
        CleanStart = !isBare,
        Properties = isBare ? [] : new Properties().SessionExpiryInterval(60).ReceiveMaximum(5).TopicAliasMaximum(3).MaximumPacketSize(500).User("a", "b"),
    });

    /// <summary>Sets the length of the first packet to what there is, mostly; what is random is wrong there nearly always.</summary>
    public static byte[] RepairFirst(byte[] input, int at, Random random)
    {
        if (input.Length < at + 2 || random.Next(4) == 0) return input;
        int header = at + 1;
        while (header < input.Length && header < at + 5 && input[header] > LengthMask) header++;
        if (header >= input.Length) return input;
        byte[] body = input[(header + 1)..];
        return [.. input[..at], .. ClientPackets.Packet(input[at], body)];
    }

    private static IEnumerable<(ProtocolVersion Version, byte[] Bytes)> Of(ProtocolVersion version)
    {
        bool v5 = version == ProtocolVersion.V5;
        Properties publish = v5
            ? new Properties().PayloadFormatIndicator(1).MessageExpiryInterval(9).TopicAlias(1).ResponseTopic("r").CorrelationData([1]).User("k", "v").ContentType("t")
            : [];
        byte[][] packets =
        [
            Connect(version), Connect(version, isBare: false),
            ClientPackets.Publish(version, "a/b", "21.5"u8.ToArray(), QualityOfService.AtMostOnce, 0, retain: true),
            ClientPackets.Publish(version, "a/b", "x"u8.ToArray(), QualityOfService.ExactlyOnce, 7, retain: false, dup: true, properties: publish),
            ClientPackets.PubAck(version, 1), ClientPackets.PubRec(version, 2), ClientPackets.PubRel(version, 3), ClientPackets.PubComp(version, 4),
            ClientPackets.Subscribe(version, 5, "a/+/#", QualityOfService.ExactlyOnce),
            ClientPackets.Subscribe(version, 6, v5 ? new Properties().SubscriptionIdentifier(3).User("deadband", "2%") : [], new SubscribeFilter("$changes/a"), new SubscribeFilter("$share/g/b")),
            ClientPackets.Unsubscribe(version, 8, "a/+/#", "$share/g/b"),
            ClientPackets.PingReq(),
            ClientPackets.Disconnect(version, v5 ? ReasonCode.DisconnectWithWillMessage : ReasonCode.Success, v5 ? new Properties().SessionExpiryInterval(0).Reason("bye") : null),
        ];
        if (v5) packets = [.. packets, ClientPackets.Auth(ReasonCode.ContinueAuthentication, new Properties().AuthenticationMethod("m").AuthenticationData([1, 2]))];
        return packets.Select(bytes => (version, bytes));
    }
}
