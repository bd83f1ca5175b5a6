using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>The reason strings of acknowledgements: what happened and what to do, for whoever reads a client's log.</summary>
internal static class ReasonTexts
{
    /// <summary>The text for a reason code; empty where the code says it all.</summary>
    public static ReadOnlySpan<byte> For(ReasonCode reasonCode) => reasonCode switch
    {
        ReasonCode.NotAuthorized => "This client has no right to do this on this topic"u8,
        ReasonCode.QuotaExceeded => "A limit of the broker would be passed; try again later"u8,
        ReasonCode.TopicNameInvalid => "The topic name is too long, has too many levels, or is reserved for the broker"u8,
        ReasonCode.TopicFilterInvalid => "A topic filter is not well formed, too long, has too many levels, or is not available"u8,
        ReasonCode.PayloadFormatInvalid => "The payload claims to be UTF-8 text and is not"u8,
        ReasonCode.PacketIdentifierInUse => "An unfinished QoS 2 publication has this packet identifier"u8,
        ReasonCode.PacketIdentifierNotFound => "No unfinished publication has this packet identifier"u8,
        ReasonCode.ImplementationSpecificError => "The broker cannot do this"u8,
        _ => default,
    };
}
