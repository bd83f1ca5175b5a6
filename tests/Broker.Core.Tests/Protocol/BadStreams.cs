using Broker.Core.Protocol;
using Broker.Testing.Wire;
using static Broker.Core.Tests.Protocol.BadStream;

namespace Broker.Core.Tests.Protocol;

/// <summary>What has broken brokers before, as bytes: framing, cut-off packets, wrong flags, identifiers and options.</summary>
internal static class BadStreams
{
    private const ReasonCode Malformed = ReasonCode.MalformedPacket;
    private const ReasonCode Protocol = ReasonCode.ProtocolError;

    private static readonly int[] _wrongFirstBytes = [0x11, 0x41, 0x51, 0x60, 0x63, 0x71, 0x80, 0x83, 0xA0, 0xAA, 0xC1, 0xE1, 0xE8, 0xF1];

    public static IEnumerable<BadStream> All =>
        [.. Framing, .. CutOff, .. Flags, .. PublishRules, .. Identifiers, .. Options, .. BadConnects.All, .. BadStrings.All];

    private static IEnumerable<BadStream> Framing =>
    [
        Hex("CONNECT announces 256 MB", "10FFFFFF7F", ReasonCode.PacketTooLarge),
        Hex("PUBLISH announces 256 MB", "30FFFFFF7F", ReasonCode.PacketTooLarge),
        Hex("SUBSCRIBE announces 256 MB", "82FFFFFF7F", ReasonCode.PacketTooLarge),
        Hex("SUBSCRIBE with wrong flags announces 256 MB", "80FFFFFF7F"),
        Hex("PINGREQ announces 256 MB", "C0FFFFFF7F", ReasonCode.PacketTooLarge),
        Hex("length of five bytes", "108080808001"),
        Hex("length whose fourth byte goes on", "10FFFFFFFF"),
        Hex("length not in its shortest form", "108F00 00044D515454040200 3C 0003616263"),
        Hex("length 0 in two bytes", "C08000"),
        Hex("type 0", "0000"),
        Hex("AUTH in MQTT 3.1.1", Connect311 + "F000"),
        Hex("CONNACK from a client", Connect5 + "2003000000", Protocol),
        Hex("CONNACK from a client, flags set", "101000044d5154540502003c03210014000029020001e000", Protocol),
        Hex("SUBACK from a client", Connect5 + "9003000100", Protocol),
        Hex("UNSUBACK from a client", Connect5 + "B003000100", Protocol),
        Hex("PINGRESP from a client", Connect5 + "D000", Protocol),
        Hex("PINGREQ with content", Connect5 + "C00100"),
        Hex("PUBREL, then a DISCONNECT whose properties pass its end", "101000044d5154540502003c0321001400006202d301e0020020"),
    ];

    private static IEnumerable<BadStream> CutOff =>
    [
        Hex("empty PUBLISH", Connect5 + "3000"),
        Hex("PUBLISH with half a topic length", Connect311 + "300100"),
        Hex("PUBLISH whose topic passes its end", Connect311 + "3005FFFF616263"),
        Hex("PUBLISH whose topic passes its end, more bytes follow", Connect311 + "30020005 C000 C000 C000"),
        Hex("QoS 1 without packet identifier", Connect311 + "320400026162"),
        Hex("QoS 2 with half a packet identifier", Connect311 + "34050002616200"),
        Hex("PUBLISH without property length", Connect5 + "30030001 61"),
        Hex("PUBLISH whose properties pass its end", Connect5 + "3005000161 7F00"),
        Hex("PUBLISH with a property that passes the block", Connect5 + "30070001 61 02 0200 00"),
        Hex("PUBLISH with a property length of five bytes", Connect5 + "3008000161 8080808001"),
        Hex("PUBLISH with a property length not in its shortest form", Connect5 + "3005000161 8000"),
        Hex("PUBACK without identifier", Connect5 + "4000"),
        Hex("PUBACK with half an identifier", Connect311 + "400100"),
        Hex("PUBACK with bytes after it in MQTT 3.1.1", Connect311 + "4003000100"),
        Hex("PUBACK whose properties pass its end", Connect5 + "4004000100 05"),
        Hex("PUBACK with bytes after its properties", Connect5 + "4005000100 00 00"),
        Hex("SUBSCRIBE without options", Connect5 + "820700010000026162"),
        Hex("SUBSCRIBE without options in MQTT 3.1.1", Connect311 + "8206000100026162"),
        Hex("SUBSCRIBE whose second filter is cut off", Connect311 + "820900010001 6100 00FF62"),
        Hex("SUBSCRIBE without property length", Connect5 + "82020001"),
        Hex("subscription identifier of five bytes", Connect5 + "820D0001 06 0B8080808001 0001 61 00"),
        Hex("subscription identifier not in its shortest form", Connect5 + "820A0001 03 0B8100 0001 61 00"),
        Hex("UNSUBSCRIBE whose filter is cut off", Connect311 + "A20500010002 61"),
        Hex("DISCONNECT with content in MQTT 3.1.1", Connect311 + "E00100"),
        Hex("DISCONNECT with bytes after its properties", Connect5 + "E003000000"),
        Hex("AUTH whose properties pass its end", Connect5 + "F0021805"),
    ];

    private static IEnumerable<BadStream> Flags =>
    [
        .. _wrongFirstBytes.Select(first =>
            Hex($"first byte 0x{first:X2}", Connect5 + $"{first:X2}020001")),
        Hex("PUBREL repeated with DUP in MQTT 3.1.1", Connect311 + "6A020001"),
        Hex("QoS 3", Connect5 + "360700016100010061"),
        Hex("QoS 3 in MQTT 3.1.1", Connect311 + "3605000161 0001"),
        Hex("DUP at QoS 0", Connect5 + "3804000161 00", Protocol),
        Hex("DUP at QoS 0 in MQTT 3.1.1", Connect311 + "3803000161"),
    ];

    private static IEnumerable<BadStream> PublishRules =>
    [
        Hex("empty topic", Connect311 + "30020000", Protocol),
        Hex("empty topic without alias", Connect5 + "3003000000", Protocol),
        Hex("alias 0", Connect5 + "30060000 03 230000", ReasonCode.TopicAliasInvalid),
        Hex("alias 0 with a topic", Connect5 + "3007000161 03 230000", ReasonCode.TopicAliasInvalid),
        Hex("topic with +", Connect311 + "30050003 612F2B", ReasonCode.TopicNameInvalid),
        Hex("topic with #", Connect5 + "3004000123 00", ReasonCode.TopicNameInvalid),
        WithPublish("subscription identifier", new Properties().SubscriptionIdentifier(1), Protocol),
        WithPublish("response topic with #", new Properties().ResponseTopic("a/#"), Protocol),
        WithPublish("response topic with +", new Properties().ResponseTopic("+/a"), Protocol),
        WithPublish("empty response topic", new Properties().ResponseTopic(""), Protocol),
        WithPublish("payload format 2", new Properties().PayloadFormatIndicator(2), Protocol),
        WithPublish("two message expiry intervals", new Properties().MessageExpiryInterval(1).MessageExpiryInterval(1), Protocol),
        WithPublish("two topic aliases", new Properties().TopicAlias(1).TopicAlias(2), Protocol),
        WithPublish("two content types", new Properties().ContentType("a").ContentType("b"), Protocol),
        WithPublish("a CONNECT property", new Properties().ReceiveMaximum(1), Malformed),
        WithPublish("will delay", new Properties().WillDelayInterval(1), Malformed),
        WithPublish("property 0", new Properties().Raw(0), Malformed),
        WithPublish("property 43", new Properties().Raw(43, 0), Malformed),
        WithPublish("property identifier in two bytes", new Properties().Raw(0x81, 0x00, 0x01), Malformed),
        WithPublish("one user property too many", Users(CodecDriver.MaxUserProperties + 1), ReasonCode.QuotaExceeded),
        WithPublish("10,000 empty user properties", Users(10_000), ReasonCode.QuotaExceeded),
    ];

    private static IEnumerable<BadStream> Identifiers =>
    [
        Hex("PUBLISH with identifier 0", Connect5 + "3206000161 0000 00", Protocol),
        Hex("PUBLISH with identifier 0 in MQTT 3.1.1", Connect311 + "3405000161 0000", Protocol),
        Hex("PUBACK of identifier 0", Connect5 + "40020000", Protocol),
        Hex("PUBREL of identifier 0 in MQTT 3.1.1", Connect311 + "62020000", Protocol),
        Hex("SUBSCRIBE with identifier 0", Connect5 + "82070000 00 0001 61 00", Protocol),
        Hex("UNSUBSCRIBE with identifier 0", Connect311 + "A2050000 0001 61", Protocol),
    ];

    private static IEnumerable<BadStream> Options =>
    [
        Hex("SUBSCRIBE without filter", Connect5 + "8203000100", Protocol),
        Hex("SUBSCRIBE without filter in MQTT 3.1.1", Connect311 + "82020001", Protocol),
        Hex("UNSUBSCRIBE without filter", Connect5 + "A203000100", Protocol),
        Hex("UNSUBSCRIBE without filter in MQTT 3.1.1", Connect311 + "A2020001", Protocol),
        Hex("subscription QoS 3", Connect5 + "82070001 00 0001 61 03", Protocol),
        Hex("subscription QoS 3 in MQTT 3.1.1", Connect311 + "82060001 0001 61 03"),
        Hex("subscription QoS 3 in MQTT 3.1", Connect31 + "82060001 0001 61 03"),
        Hex("subscription with No Local in MQTT 3.1.1", Connect311 + "82060001 0001 61 04"),
        Hex("Retain Handling 3", Connect5 + "82070001 00 0001 61 30", Protocol),
        Hex("reserved option bit 6", Connect5 + "82070001 00 0001 61 40"),
        Hex("reserved option bit 7", Connect5 + "82070001 00 0001 61 80"),
        Hex("bad options of the last filter", Connect5 + "820B0001 00 0001 61 00 0001 62 C0"),
        Hex("subscription identifier 0", Connect5 + "82090001 02 0B00 0001 61 00", Protocol),
        Hex("two subscription identifiers", Connect5 + "820B0001 04 0B010B01 0001 61 00", Protocol),
        Hex("UNSUBSCRIBE with a subscription identifier", Connect5 + "A2080001 02 0B01 0001 61"),
        Hex("PUBACK with a reason code of SUBACK", Connect5 + "400400010100", Protocol),
        Hex("PUBREL with a reason code of PUBREC", Connect5 + "6204000110 00", Protocol),
        Hex("PUBCOMP with an unknown reason code", Connect5 + "70030001FF", Protocol),
        Hex("DISCONNECT with a server's reason code", Connect5 + "E0018E", Protocol),
        Hex("DISCONNECT with an unknown reason code", Connect5 + "E00103", Protocol),
        Hex("DISCONNECT with two session expiries", Connect5 + "E00C00 0A 1100000001 1100000001", Protocol),
        Hex("AUTH without anything", Connect5 + "F000", Protocol),
        Hex("AUTH without method", Connect5 + "F0021800", Protocol),
        Hex("AUTH that says success", Connect5 + "F00600 04 15000161", Protocol),
        Hex("AUTH with two methods", Connect5 + "F00A18 08 15000161 15000161", Protocol),
    ];

    private static BadStream WithPublish(string name, Properties properties, ReasonCode expected) =>
        Hex(
            $"PUBLISH: {name}",
            Connect5 + Convert.ToHexString(ClientPackets.Publish(ProtocolVersion.V5, "a", "payload", properties: properties)),
            expected);

    private static Properties Users(int count)
    {
        var properties = new Properties();
        for (int i = 0; i < count; i++) properties.User("", "");
        return properties;
    }
}
