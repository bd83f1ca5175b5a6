using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Connections;

/// <summary>The connections that are open, at most as many as the limit says.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class ConnectionRegistry(BrokerLimits limits, ILogger logger, IAudit audit)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ClientConnection> _connections = [];
    private TaskCompletionSource? _empty;
    private bool _isFull;
    private bool _isClosed;

    /// <summary>How many are open.</summary>
    public int Count
    {
        get { lock (_gate) return _connections.Count; }
    }

    /// <summary>Adds one; false if there are too many, or if the broker stops.</summary>
    public bool TryAdd(ClientConnection connection)
    {
        bool justFilled;
        lock (_gate)
        {
            if (_isClosed) return false;
            if (_connections.Count < limits.Connections) return _connections.Add(connection);
            justFilled = !_isFull;
            _isFull = true;
        }

        if (justFilled)
        {
            audit.LimitReached("Limits:Connections", null);
            logger.TooManyConnections(limits.Connections);
        }

        return false;
    }

    /// <summary>Removes one.</summary>
    public void Remove(ClientConnection connection)
    {
        bool hasRoom = false;
        lock (_gate)
        {
            if (!_connections.Remove(connection)) return;
            if (_connections.Count == 0) _empty?.TrySetResult();
            if (_isFull && _connections.Count < limits.Connections - (limits.Connections / 10))
            {
                _isFull = false;
                hasRoom = true;
            }
        }

        if (hasRoom) logger.RoomForConnections();
    }

    /// <summary>Takes no more connections, and returns those that are open.</summary>
    public ClientConnection[] Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            return [.. _connections];
        }
    }

    /// <summary>Completes when none is open.</summary>
    public Task WhenEmpty()
    {
        lock (_gate)
        {
            if (_connections.Count == 0) return Task.CompletedTask;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }
}
