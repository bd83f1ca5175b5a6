using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Storage;

/// <summary>A message of an earlier run.</summary>
/// <param name="Qos">The QoS it was published with.</param>
/// <param name="Retain">Whether RETAIN was set.</param>
/// <param name="AckLevel">What was promised.</param>
/// <param name="WrittenAt">When it was written down, in milliseconds since 1970.</param>
/// <param name="ExpiresAt">When it expires, in milliseconds since 1970; 0 for never.</param>
/// <param name="Topic">The topic in UTF-8.</param>
/// <param name="Properties">The properties that travel on.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Publisher">Who published it.</param>
internal readonly record struct RecoveredMessage(
    QualityOfService Qos, bool Retain, AckLevel AckLevel, long WrittenAt, long ExpiresAt, ReadOnlyMemory<byte> Topic, ReadOnlyMemory<byte> Properties,
    ReadOnlyMemory<byte> Payload, PublisherIdentity Publisher)
{
    /// <summary>
    /// Milliseconds that it may still live; null for ever. A clock that was set back gives it no more than it had, one that was set
    /// forward no less than nothing.
    /// </summary>
    public long? Left(long now) => ExpiresAt == 0 ? null : Math.Clamp(ExpiresAt - now, 0, Math.Max(0, ExpiresAt - WrittenAt));
}
