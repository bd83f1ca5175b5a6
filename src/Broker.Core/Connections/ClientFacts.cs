using System.Text;
using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>What a client said of itself at CONNECT, as far as it decides how it is answered.</summary>
internal sealed class ClientFacts
{
    // A packet with a reason string and nothing else that varies is this much larger than the string, at the most: first byte,
    // length (3), flags, reason code, property length (3), identifier of the string, its length (2).
    private const int PacketAroundText = 12;

    // What most clients say: nothing but their version. They share these.
    private static readonly ClientFacts[] _plain = Array.ConvertAll(Enum.GetValues<ProtocolVersion>(), version => new ClientFacts { Version = version });
    private static readonly ClientFacts _plainV5 = new() { Version = ProtocolVersion.V5, SendsReasons = true };

    /// <summary>Before the CONNECT.</summary>
    public static ClientFacts Unknown { get; } = new();

    /// <summary>The facts of a client: an object of its own only where it said something special.</summary>
    /// <param name="version">The protocol version.</param>
    /// <param name="sendsReasons">Whether acknowledgements may carry reason strings.</param>
    /// <param name="maximumPacketSize">The largest packet that it takes; null if it did not say.</param>
    /// <param name="authenticationMethod">The authentication method of its CONNECT; null if it used none.</param>
    public static ClientFacts Of(ProtocolVersion version, bool sendsReasons = false, uint? maximumPacketSize = null, string? authenticationMethod = null)
    {
        ClientFacts? plain = sendsReasons ? _plainV5 : Array.Find(_plain, facts => facts.Version == version);
        bool isPlain = plain is not null && maximumPacketSize is null && authenticationMethod is null;
        return isPlain
            ? plain!
            : new ClientFacts { Version = version, SendsReasons = sendsReasons, MaximumPacketSize = maximumPacketSize, AuthenticationMethod = authenticationMethod };
    }

    /// <summary>The protocol version; 0 before it is known.</summary>
    public ProtocolVersion Version { get; private init; }

    /// <summary>Whether it speaks MQTT 5.</summary>
    public bool IsV5 => Version == ProtocolVersion.V5;

    /// <summary>The largest packet that it takes; null if it did not say.</summary>
    public uint? MaximumPacketSize { get; private init; }

    /// <summary>Whether acknowledgements may carry reason strings [MQTT-3.1.2-29].</summary>
    public bool SendsReasons { get; private init; }

    /// <summary>The authentication method of its CONNECT; null if it used none.</summary>
    public string? AuthenticationMethod { get; private init; }

    /// <summary>Ends the connection if the answer to so many filters would be larger than the client takes [MQTT-3.1.2-24].</summary>
    /// <exception cref="ProtocolViolationException">It would be.</exception>
    public void CheckAnswerFits(int filters)
    {
        int body = sizeof(ushort) + 1 + filters; // packet identifier, no properties, codes
        if (!Takes(1 + PacketWriter.VariableByteIntegerSize(body) + body))
        {
            ProtocolViolationException.Throw(ReasonCode.PacketTooLarge, "The answer to so many filters is larger than this client takes");
        }
    }

    /// <summary>A reason string in UTF-8, or nothing if the packet would become larger than the client takes [MQTT-3.2.2-19].</summary>
    public ReadOnlySpan<byte> TextThatFits(string? text, int more = 0)
    {
        if (text is null) return default;
        int size = Encoding.UTF8.GetByteCount(text);
        return size <= ushort.MaxValue && Takes(size + PacketAroundText + more) ? Encoding.UTF8.GetBytes(text) : default;
    }

    /// <summary>
    /// The reason string of an acknowledgement; nothing if the client declined them, or if the packet would become larger than
    /// it takes [MQTT-3.4.2-2, MQTT-3.9.2-1].
    /// </summary>
    /// <param name="reasonCode">What it is about.</param>
    /// <param name="more">Bytes that the packet has for other things, e.g. further reason codes.</param>
    public ReadOnlySpan<byte> TextFor(ReasonCode reasonCode, int more = 0)
    {
        ReadOnlySpan<byte> text = SendsReasons ? ReasonTexts.For(reasonCode) : default;
        return Takes(text.Length + PacketAroundText + more) ? text : default;
    }

    /// <summary>Whether the client takes a packet of <paramref name="bytes"/> [MQTT-3.1.2-24].</summary>
    public bool Takes(int bytes) => MaximumPacketSize is not { } maximum || bytes <= maximum;
}
