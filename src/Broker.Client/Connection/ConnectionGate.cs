namespace Broker.Client.Connection;

/// <summary>Where others wait for the connection. Thread-safe.</summary>
internal sealed class ConnectionGate
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<BrokerConnection> _next = New();
    private BrokerConnection? _current;

    /// <summary>The connection; null: none now.</summary>
    public BrokerConnection? Current
    {
        get { lock (_gate) return _current; }
    }

    /// <summary>Waits for a connection.</summary>
    /// <exception cref="BrokerClientException">There will be none: refused for good, or closed.</exception>
    public Task<BrokerConnection> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return _next.Task.WaitAsync(cancellationToken);
    }

    public void Open(BrokerConnection connection)
    {
        lock (_gate)
        {
            Renew();
            _current = connection;
            _next.TrySetResult(connection);
        }
    }

    /// <summary>The connection is gone.</summary>
    /// <param name="forGood">Why there will be no other; null: there will be.</param>
    public void Close(BrokerClientException? forGood)
    {
        lock (_gate)
        {
            _current = null;
            Renew();
            if (forGood is null) return;
            _next.TrySetException(forGood);
            _ = _next.Task.Exception; // nobody may wait for it
        }
    }

    private static TaskCompletionSource<BrokerConnection> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Renew()
    {
        if (_next.Task.IsCompleted) _next = New();
    }
}
