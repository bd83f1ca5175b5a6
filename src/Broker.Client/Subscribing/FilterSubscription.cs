namespace Broker.Client.Subscribing;

/// <summary>
/// The broker's one subscription to a filter, and the local ones that share it. Every SUBSCRIBE has an identifier of its own, so that the retained
/// values that it brings go to whom they are for. Guarded by <see cref="Subscriptions"/>.
/// </summary>
internal sealed class FilterSubscription(string filter, FilterOptions options)
{
    public string Filter => filter;

    public FilterOptions Options { get; set; } = options;

    /// <summary>Replaced as a whole, so that the reader looks at it without a lock.</summary>
    public DeliveryQueue[] Queues { get; set; } = [];

    /// <summary>The identifiers under which messages may still come.</summary>
    public List<uint> Identifiers { get; } = [];

    /// <summary>Whether the broker's session has it.</summary>
    public bool IsEstablished { get; set; }
}
