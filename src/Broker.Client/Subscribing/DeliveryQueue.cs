namespace Broker.Client.Subscribing;

/// <summary>What waits for one subscription's loop: bounded, with one of three ways to overflow. Thread-safe; several loops may read.</summary>
internal sealed class DeliveryQueue(int capacity, Overflow overflow)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Delivery> _waiting = new();
    private readonly Dictionary<string, LinkedListNode<Delivery>>? _latest = overflow == Overflow.LatestPerTopic ? new(StringComparer.Ordinal) : null;
    private TaskCompletionSource? _arrival;
    private BrokerClientException? _fault;
    private bool _isClosed;
    private long _dropped;

    /// <summary>How many messages overflow cost.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds a message, or drops one. Never waits: the connection's reader calls it.</summary>
    /// <returns>Whether one was dropped.</returns>
    public bool Add(Delivery delivery)
    {
        Delivery? victim = null;
        TaskCompletionSource? arrival = null;
        lock (_gate)
        {
            if (_isClosed)
            {
                victim = delivery;
            }
            else
            {
                victim = MakeRoom(delivery);
                if (victim != delivery) Enqueue(delivery);
                (arrival, _arrival) = (_arrival, null);
            }
        }

        arrival?.TrySetResult();
        victim?.Complete();
        if (victim is null || _isClosed) return false;
        Interlocked.Increment(ref _dropped);
        return true;
    }

    /// <summary>Takes the next; null once it is closed.</summary>
    /// <exception cref="BrokerClientException">The subscription failed.</exception>
    public ValueTask<Delivery?> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (TryDequeue(out Delivery? delivery)) return ValueTask.FromResult<Delivery?>(delivery);
            if (_fault is not null) return ValueTask.FromException<Delivery?>(_fault);
            if (_isClosed) return ValueTask.FromResult<Delivery?>(null);
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return WaitAsync(_arrival.Task, cancellationToken);
        }
    }

    /// <summary>Ends it.</summary>
    /// <param name="fault">Why, for the loops; null: it was asked for.</param>
    /// <param name="completeWaiting">Whether what waits counts as dealt with.</param>
    public void Close(BrokerClientException? fault, bool completeWaiting)
    {
        TaskCompletionSource? arrival;
        List<Delivery> rest;
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            _fault = fault;
            rest = [.. _waiting];
            _waiting.Clear();
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
        if (!completeWaiting) return;
        foreach (Delivery delivery in rest) delivery.Complete();
    }

    private Delivery? MakeRoom(Delivery delivery)
    {
        if (_latest is not null && _latest.Remove(delivery.Topic, out LinkedListNode<Delivery>? older))
        {
            _waiting.Remove(older);
            return older.Value;
        }

        if (_waiting.Count < capacity) return null;
        if (overflow == Overflow.Wait) return delivery.Qos == QualityOfService.AtMostOnce ? delivery : null; // the rest is bounded by Receive Maximum
        TryDequeue(out Delivery? oldest);
        return oldest;
    }

    private void Enqueue(Delivery delivery)
    {
        LinkedListNode<Delivery> node = _waiting.AddLast(delivery);
        if (_latest is not null) _latest[delivery.Topic] = node;
    }

    private bool TryDequeue(out Delivery? delivery)
    {
        delivery = _waiting.First?.Value;
        if (delivery is null) return false;
        _waiting.RemoveFirst();
        _latest?.Remove(delivery.Topic);
        return true;
    }

    private async ValueTask<Delivery?> WaitAsync(Task arrival, CancellationToken cancellationToken)
    {
        while (true)
        {
            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                if (TryDequeue(out Delivery? delivery)) return delivery;
                if (_fault is not null) throw _fault;
                if (_isClosed) return null;
                _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }
        }
    }
}
