using System.Text;
using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>What a client said of itself at CONNECT, as far as it decides how it is answered.</summary>
internal sealed record ClientFacts
{
    // A packet with a reason string is this much larger than the string, at the most.
    private const int PacketAroundText = 64;

    /// <summary>Before the CONNECT.</summary>
    public static ClientFacts Unknown { get; } = new();

    /// <summary>The protocol version; 0 before it is known.</summary>
    public ProtocolVersion Version { get; init; }

    /// <summary>Whether it speaks MQTT 5.</summary>
    public bool IsV5 => Version == ProtocolVersion.V5;

    /// <summary>The largest packet that it takes; null if it did not say.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Whether acknowledgements may carry reason strings [MQTT-3.1.2-29].</summary>
    public bool SendsReasons { get; init; }

    /// <summary>The authentication method of its CONNECT; null if it used none.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Milliseconds without a packet after which it counts as gone; 0 for never.</summary>
    public int KeepAliveMilliseconds { get; init; }

    /// <summary>A reason string in UTF-8, or nothing if the packet would become larger than the client takes [MQTT-3.2.2-19].</summary>
    public ReadOnlySpan<byte> TextThatFits(string? text)
    {
        if (text is null || (MaximumPacketSize is { } maximum && maximum < text.Length + PacketAroundText)) return default;
        return Encoding.UTF8.GetBytes(text);
    }
}
