using Broker.Client.Publishing;

namespace Broker.Client.Connection;

/// <summary>A client's beginning and end: connects once or for as long as it takes, leaves politely, and tells every change of state, one at a time.</summary>
/// <remarks>Threading: any thread. Beginning with a wait and ending take turns; reports are in order.</remarks>
internal sealed class ClientLifecycle(ConnectionGate connections, Action<ConnectionStateChangedEventArgs> changed, Action sessionLost)
{
    private static readonly TimeSpan _patienceAtTheEnd = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Lock _report = new();
    private readonly SemaphoreSlim _switch = new(1, 1);
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private bool _wasConnected;
    private volatile bool _isDisposed;

    /// <summary>Where the client stands.</summary>
    public ConnectionState State { get; private set; }

    /// <summary>Tries every address once, and goes on by itself from then on.</summary>
    public async Task ConnectAsync(ConnectionLoop loop, CancellationToken cancellationToken)
    {
        await _switch.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(BrokerClient));
            if (!IsRunning) await ConnectFirstAsync(loop, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _switch.Release();
        }

        await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins, and returns at once.</summary>
    public void Start(ConnectionLoop loop)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(BrokerClient));
        lock (_gate)
        {
            if (IsRunning) return;
            Run(loop, null);
        }
    }

    /// <summary>Waits for the queue, says goodbye, ends.</summary>
    public async Task StopAsync(Outbox outbox, bool endSession, CancellationToken cancellationToken)
    {
        await _switch.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (connections.Current is { } connection) await LeaveAsync(connection, outbox, endSession, cancellationToken).ConfigureAwait(false);
            if (_stop is not null) await _stop.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(false);
        }
        finally
        {
            _switch.Release();
        }
    }

    /// <summary>Ends for good; a queue that does not empty is waited for a little, if there is a connection.</summary>
    /// <returns>False: it had ended before.</returns>
    public async Task<bool> DisposeAsync(Outbox outbox, bool endSession)
    {
        if (_isDisposed) return false;
        _isDisposed = true;
        using var patience = new CancellationTokenSource(_patienceAtTheEnd);
        if (State != ConnectionState.Connected) await patience.CancelAsync().ConfigureAwait(false);
        await StopAsync(outbox, endSession, patience.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>The state is another now.</summary>
    public void Report(ConnectionState state, bool sessionPresent, BrokerClientException? cause)
    {
        lock (_report)
        {
            if (State == state && state != ConnectionState.Connected) return;
            State = state;
            if (state == ConnectionState.Connected && !sessionPresent && _wasConnected) sessionLost();
            _wasConnected |= state == ConnectionState.Connected;
            changed(new ConnectionStateChangedEventArgs(state, sessionPresent, cause));
        }
    }

    private bool IsRunning => !_running.IsCompleted;

    private static async Task LeaveAsync(BrokerConnection connection, Outbox outbox, bool endSession, CancellationToken cancellationToken)
    {
        try
        {
            await outbox.EmptyAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // what waits, waits on
        }

        using var patience = new CancellationTokenSource(_patienceAtTheEnd);
        await connection.LeaveAsync(endSession, patience.Token).ConfigureAwait(false);
    }

    private async Task ConnectFirstAsync(ConnectionLoop loop, CancellationToken cancellationToken)
    {
        Report(ConnectionState.Connecting, false, null);
        BrokerConnection first;
        try
        {
            first = await loop.ConnectOnceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Report(ConnectionState.Disconnected, false, null);
            throw;
        }

        lock (_gate) Run(loop, first);
    }

    private void Run(ConnectionLoop loop, BrokerConnection? first)
    {
        if (first is null) Report(ConnectionState.Connecting, false, null);
        _stop?.Dispose();
        _stop = new CancellationTokenSource();
        connections.Close(null); // a new hope for those who wait
        CancellationToken token = _stop.Token;
        _running = Task.Run(() => loop.RunAsync(first, token), CancellationToken.None);
    }
}
