namespace Broker.Client.Subscribing;

/// <summary>
/// Messages that no subscription of this process wants: of a session that an earlier process made, whose subscriptions this one has not made again yet.
/// Bounded; guarded by <see cref="Subscriptions"/>.
/// </summary>
internal sealed class UnclaimedDeliveries(int capacity)
{
    private readonly Queue<Delivery> _waiting = new();

    /// <summary>Keeps one.</summary>
    /// <returns>The oldest, where it gave way.</returns>
    public Delivery? Keep(Delivery delivery)
    {
        _waiting.Enqueue(delivery);
        return _waiting.Count > capacity ? _waiting.Dequeue() : null;
    }

    /// <summary>Hands out those that a new subscription wants, in order.</summary>
    public void Claim(Func<string, bool> wants, DeliveryQueue queue)
    {
        for (int i = _waiting.Count; i > 0; i--)
        {
            Delivery delivery = _waiting.Dequeue();
            if (wants(delivery.Topic)) queue.Add(delivery);
            else _waiting.Enqueue(delivery);
        }
    }

    /// <summary>The session is over, and with it what was owed for them.</summary>
    public void Clear() => _waiting.Clear();
}
