namespace Broker.Host;

/// <summary>The durable store, if there is one.</summary>
/// <param name="Hosting">It, or null.</param>
internal sealed record OptionalStore(StoreHosting? Hosting);
