using System.Text;

namespace Broker.Attack;

/// <summary>A packet of a broker, as far as an attacker looks at it.</summary>
/// <param name="Name">Its type in small letters.</param>
/// <param name="Reason">Its reason or return code; of SUBACK the last one; 0 where there is none.</param>
/// <param name="Topic">The topic of a PUBLISH.</param>
internal sealed record AttackPacket(string Name, int Reason, string Topic = "")
{
    private static readonly string[] _names =
        ["0", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"];

    /// <summary>Takes the first packet off, if it is whole.</summary>
    public static AttackPacket? TryCut(ref byte[] bytes)
    {
        int length = 0;
        int header = 1;
        do
        {
            if (bytes.Length <= header) return null;
            length |= (bytes[header] & 0x7F) << (7 * (header - 1));
        }
        while (bytes[header++] >= 0x80 && header < 5);
        if (bytes.Length < header + length) return null;
        string name = _names[bytes[0] >> 4];
        byte[] body = bytes[header..(header + length)];
        bytes = bytes[(header + length)..];
        int reason = name switch
        {
            "connack" => At(body, 1),
            "disconnect" or "auth" => At(body, 0),
            "puback" or "pubrec" or "pubrel" or "pubcomp" => At(body, 2),
            "suback" or "unsuback" => At(body, body.Length - 1),
            _ => 0,
        };
        string topic = name == "publish" && body.Length >= 2 ? Encoding.UTF8.GetString(body, 2, Math.Min((body[0] << 8) | body[1], body.Length - 2)) : "";
        return new AttackPacket(name, reason, topic);
    }

    private static int At(byte[] body, int index) => index >= 0 && index < body.Length ? body[index] : 0;
}
