using Broker.Core.Topics;

namespace Broker.Core.Storage;

/// <summary>An operator's rule: what is promised for the topics that a filter matches.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Filter">The topic filter in UTF-8, checked.</param>
/// <param name="Ack">What PUBACK and PUBREC promise.</param>
public sealed record StoreRule(string Name, ReadOnlyMemory<byte> Filter, AckLevel Ack)
{
    internal bool Matches(ReadOnlySpan<byte> topic) => TopicFilter.Matches(Filter.Span, topic);
}
