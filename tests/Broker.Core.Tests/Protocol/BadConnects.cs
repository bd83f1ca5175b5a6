using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Protocol;

/// <summary>CONNECTs that must be refused.</summary>
internal static class BadConnects
{
    private const ReasonCode Malformed = ReasonCode.MalformedPacket;
    private const ReasonCode Protocol = ReasonCode.ProtocolError;
    private const ReasonCode Version = ReasonCode.UnsupportedProtocolVersion;

    private static readonly WillOptions _will = new("w", [1]);

    public static IEnumerable<BadStream> All => [.. Plain, .. Wills, .. ConnectProperties];

    private static IEnumerable<BadStream> Plain =>
    [
        BadStream.Hex("empty CONNECT", "1000"),
        BadStream.Hex("CONNECT that ends after its name", "100600044D515454"),
        BadStream.Hex("CONNECT that ends after its level", "100700044D51545405"),
        BadStream.Hex("CONNECT whose client identifier passes its end", "100F00044D515454040200 3C 0009616263"),
        Of("another name", new() { ProtocolName = "HTTP" }, Version),
        Of("a name in lower case", new() { ProtocolName = "mqtt" }, Version),
        Of("an empty name", new() { ProtocolName = "" }, Version),
        Of("level 0", new() { ProtocolLevel = 0 }, Version),
        Of("MQTT with level 3", new() { ProtocolLevel = 3 }, Version),
        Of("level 6", new() { ProtocolLevel = 6 }, Version),
        Of("a bridge's level", new() { Version = ProtocolVersion.V311, ProtocolLevel = 0x84 }, Version),
        Of("MQIsdp with level 4", new() { Version = ProtocolVersion.V31, ProtocolLevel = 4 }, Version),
        Of("reserved flag", new() { ConnectFlags = 0x03 }, Malformed),
        Of("reserved flag in MQTT 3.1.1", new() { Version = ProtocolVersion.V311, ConnectFlags = 0x03 }, Malformed),
        Of("password without user name in MQTT 3.1.1", new() { Version = ProtocolVersion.V311, Password = [1] }, Malformed),
        Of("password without user name in MQTT 3.1", new() { Version = ProtocolVersion.V31, Password = [1] }, Malformed),
        Of("user name that is not there", new() { ConnectFlags = 0x82 }, Malformed),
        Of("password that is not there", new() { UserName = "u", ConnectFlags = 0xC2 }, Malformed),
        Of("user name without its flag", new() { UserName = "u", ConnectFlags = 0x02 }, Malformed),
        Of("bytes after the last field", new() { Trailing = [0] }, Malformed),
        Of("bytes after the last field in MQTT 3.1.1", new() { Version = ProtocolVersion.V311, Trailing = [0] }, Malformed),
    ];

    private static IEnumerable<BadStream> Wills =>
    [
        Of("will QoS 3", new() { Will = _will with { Qos = (QualityOfService)3 } }, Malformed),
        Of("will QoS without will", new() { ConnectFlags = 0x0A }, Malformed),
        Of("will QoS without will in MQTT 3.1.1", new() { Version = ProtocolVersion.V311, ConnectFlags = 0x12 }, Malformed),
        Of("will retain without will", new() { ConnectFlags = 0x22 }, Malformed),
        Of("will that is not there", new() { ConnectFlags = 0x06 }, Malformed),
        Of("empty will topic", new() { Will = _will with { Topic = "" } }, ReasonCode.TopicNameInvalid),
        Of("will topic with #", new() { Will = _will with { Topic = "a/#" } }, ReasonCode.TopicNameInvalid),
        Of(
            "will topic with + in MQTT 3.1.1",
            new() { Version = ProtocolVersion.V311, Will = _will with { Topic = "+" } },
            ReasonCode.TopicNameInvalid),
        OfWill("a CONNECT property", new Properties().SessionExpiryInterval(1), Malformed),
        OfWill("a topic alias", new Properties().TopicAlias(1), Malformed),
        OfWill("two delays", new Properties().WillDelayInterval(1).WillDelayInterval(1), Protocol),
        OfWill("payload format 2", new Properties().PayloadFormatIndicator(2), Protocol),
        OfWill("response topic with a wildcard", new Properties().ResponseTopic("#"), Protocol),
        OfWill("a cut off property", new Properties().Raw(0x18, 0), Malformed),
    ];

    private static IEnumerable<BadStream> ConnectProperties =>
    [
        OfProperties("Receive Maximum 0", new Properties().ReceiveMaximum(0), Protocol),
        OfProperties("Maximum Packet Size 0", new Properties().MaximumPacketSize(0), Protocol),
        OfProperties("two session expiries", new Properties().SessionExpiryInterval(1).SessionExpiryInterval(1), Protocol),
        OfProperties("two receive maxima", new Properties().ReceiveMaximum(1).ReceiveMaximum(1), Protocol),
        OfProperties("Request Problem Information 2", new Properties().RequestProblemInformation(2), Protocol),
        OfProperties("Request Response Information 2", new Properties().RequestResponseInformation(2), Protocol),
        OfProperties("authentication data without method", new Properties().AuthenticationData([1]), Protocol),
        OfProperties("empty authentication data without method", new Properties().AuthenticationData([]), Protocol),
        OfProperties("two methods", new Properties().AuthenticationMethod("a").AuthenticationMethod("a"), Protocol),
        OfProperties("a will property", new Properties().WillDelayInterval(1), Malformed),
        OfProperties("a CONNACK property", new Properties().Add(PropertyId.AssignedClientIdentifier, "a"), Malformed),
        OfProperties("an unknown property", new Properties().Raw(0x7E, 0), Malformed),
        OfProperties("a number that is cut off", new Properties().Raw(0x11, 0, 0), Malformed),
        BadStream.Hex("CONNECT whose properties pass its end", "101000044D515454050200 3C FF 000003616263"),
        BadStream.Hex("CONNECT with a property length of five bytes", "101400044D515454050200 3C 8080808001 0003616263"),
    ];

    private static BadStream Of(string name, ConnectOptions options, ReasonCode expected) =>
        new($"CONNECT: {name}", ClientPackets.Connect(options), expected);

    private static BadStream OfWill(string name, Properties properties, ReasonCode expected) =>
        Of($"will with {name}", new() { Will = _will with { Properties = properties } }, expected);

    private static BadStream OfProperties(string name, Properties properties, ReasonCode expected) =>
        Of(name, new() { Properties = properties }, expected);
}
