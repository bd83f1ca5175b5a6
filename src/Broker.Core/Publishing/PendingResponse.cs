using Broker.Core.Messages;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>An answer that somebody waits for. The result is the answer, with a reference for whoever waits, or null if none came.</summary>
/// <param name="topic">Where it has to be published.</param>
/// <param name="correlationData">What the answer has to carry, if it carries any.</param>
internal sealed class PendingResponse(byte[] topic, byte[] correlationData) : Pending<Message?>
{
    /// <summary>Where it has to be published.</summary>
    public byte[] Topic { get; } = topic;

    /// <summary>What the answer has to carry, if it carries any.</summary>
    public byte[] CorrelationData { get; } = correlationData;

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => TryComplete(null);
}
