using Broker.Core.Protocol;
using static Broker.Core.Tests.Protocol.BadStream;

namespace Broker.Core.Tests.Protocol;

/// <summary>What is not a string, in every field that must be one.</summary>
internal static class BadStrings
{
    private static readonly (string Name, byte[] Bytes)[] _notText =
    [
        ("U+0000", [0x61, 0x00]),
        ("a surrogate", [0xED, 0xA0, 0x80]),
        ("an overlong form", [0xC0, 0x80]),
        ("half a character", [0xE2, 0x82]),
        ("0xFF", [0xFF]),
    ];

    public static IEnumerable<BadStream> All => _notText.SelectMany(text => Fields(text.Bytes), (text, place) =>
        new BadStream($"{text.Name} in {place.Name}", place.Packet, ReasonCode.MalformedPacket));

    private static IEnumerable<(string Name, byte[] Packet)> Fields(byte[] text)
    {
        byte[] connect5 = Hex("", Connect5).Bytes;
        byte[] connect311 = Hex("", Connect311).Bytes;
        byte[] bad = [0, (byte)text.Length, .. text];
        byte[] good = [0, 1, 0x61];

        yield return ("client id", Packet(0x10, [.. Name5, 0x02, 0, 60, 0, .. bad]));
        yield return ("client id, MQTT 3.1.1", Packet(0x10, [.. Name311, 0x02, 0, 60, .. bad]));
        yield return ("user name", Packet(0x10, [.. Name5, 0x82, 0, 60, 0, .. good, .. bad]));
        yield return ("will topic", Packet(0x10, [.. Name5, 0x06, 0, 60, 0, .. good, 0, .. bad, .. good]));
        yield return ("will content type", Packet(0x10, [.. Name5, 0x06, 0, 60, 0, .. good, .. Block([3, .. bad]), .. good, .. good]));
        yield return ("authentication method", Packet(0x10, [.. Name5, 0x02, 0, 60, .. Block([21, .. bad]), .. good]));
        yield return ("user property name of CONNECT", Packet(0x10, [.. Name5, 0x02, 0, 60, .. Block([38, .. bad, .. good]), .. good]));
        yield return ("topic", [.. connect5, .. Packet(0x30, [.. bad, 0])]);
        yield return ("topic, MQTT 3.1.1", [.. connect311, .. Packet(0x30, bad)]);
        foreach ((string name, byte[] property) in new (string, byte[])[]
        {
            ("content type", [3, .. bad]),
            ("response topic", [8, .. bad]),
            ("user property name", [38, .. bad, .. good]),
            ("user property value", [38, .. good, .. bad]),
        })
        {
            yield return (name, [.. connect5, .. Packet(0x30, [.. good, .. Block(property)])]);
        }

        yield return ("reason string of PUBACK", [.. connect5, .. Packet(0x40, [0, 1, 0, .. Block([31, .. bad])])]);
        yield return ("reason string of DISCONNECT", [.. connect5, .. Packet(0xE0, [0, .. Block([31, .. bad])])]);
        yield return ("filter", [.. connect5, .. Packet(0x82, [0, 1, 0, .. bad, 0])]);
        yield return ("last filter, MQTT 3.1.1", [.. connect311, .. Packet(0x82, [0, 1, .. good, 0, .. bad, 0])]);
        yield return ("filter of UNSUBSCRIBE", [.. connect5, .. Packet(0xA2, [0, 1, 0, .. bad])]);
        yield return ("method of AUTH", [.. connect5, .. Packet(0xF0, [0x18, .. Block([21, .. bad])])]);
    }

    private static byte[] Name5 => [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 5];

    private static byte[] Name311 => [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4];

    private static byte[] Packet(byte first, byte[] body) => [first, (byte)body.Length, .. body];

    private static byte[] Block(byte[] properties) => [(byte)properties.Length, .. properties];
}
