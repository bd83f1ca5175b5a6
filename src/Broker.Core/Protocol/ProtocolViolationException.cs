using System.Diagnostics.CodeAnalysis;

namespace Broker.Core.Protocol;

/// <summary>The other side broke the protocol; the connection is to be closed with <see cref="ReasonCode"/>.</summary>
/// <param name="reasonCode">Why, as the specification says it.</param>
/// <param name="message">What was wrong: one short sentence in ASCII that may be sent to the client as reason string.</param>
public sealed class ProtocolViolationException(ReasonCode reasonCode, string message) : Exception(message)
{
    /// <summary>Why, as CONNACK or DISCONNECT says it.</summary>
    public ReasonCode ReasonCode { get; } = reasonCode;

    /// <summary>Throws with 0x81: the bytes cannot be parsed.</summary>
    /// <exception cref="ProtocolViolationException">Always.</exception>
    [DoesNotReturn]
    public static void Malformed(string message) => Throw(ReasonCode.MalformedPacket, message);

    /// <summary>Throws with 0x82: the bytes say something that is not allowed.</summary>
    /// <exception cref="ProtocolViolationException">Always.</exception>
    [DoesNotReturn]
    public static void Protocol(string message) => Throw(ReasonCode.ProtocolError, message);

    /// <summary>Throws with <paramref name="reasonCode"/>.</summary>
    /// <exception cref="ProtocolViolationException">Always.</exception>
    [DoesNotReturn]
    public static void Throw(ReasonCode reasonCode, string message) => throw new ProtocolViolationException(reasonCode, message);
}
