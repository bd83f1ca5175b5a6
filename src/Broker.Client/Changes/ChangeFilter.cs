using Broker.Client.Subscribing;

namespace Broker.Client.Changes;

/// <summary>Leaves out what did not change, where the broker does not do it: any MQTT 5 broker then serves, at the price of the traffic.</summary>
/// <remarks>Threading: the subscription's loop. Bounded by topics; the oldest is forgotten first, and its next value counts as a change.</remarks>
internal sealed class ChangeFilter(ChangeCriteria criteria, int maxTopics)
{
    private readonly Dictionary<string, LinkedListNode<(string Topic, byte[] Payload, DateTimeOffset At)>> _last = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Topic, byte[] Payload, DateTimeOffset At)> _byAge = new();

    public bool Passes(Delivery delivery)
    {
        if (_last.TryGetValue(delivery.Topic, out LinkedListNode<(string Topic, byte[] Payload, DateTimeOffset At)>? last))
        {
            bool isSilent = criteria.MaxSilence is { } silence && delivery.ReceivedAt - last.Value.At >= silence;
            if (!isSilent && !ChangeTest.IsChange(criteria, last.Value.Payload, delivery.Payload.Span)) return false;
            _byAge.Remove(last);
        }
        else if (_last.Count >= maxTopics && _byAge.First is { } oldest)
        {
            _byAge.RemoveFirst();
            _last.Remove(oldest.Value.Topic);
        }

        _last[delivery.Topic] = _byAge.AddLast((delivery.Topic, delivery.Payload.ToArray(), delivery.ReceivedAt));
        return true;
    }
}
