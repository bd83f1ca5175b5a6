using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Connections;

/// <summary>The connections that are open, at most as many as the limit says.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class ConnectionRegistry(LimitsInForce inForce, ILogger logger, IAudit audit, Budgets? budgets = null)
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
        BrokerLimits limits = inForce.Current;
        bool justFilled;
        bool isPrivileged = budgets?.Privileged.HasEndpoint(connection.Info.Endpoint) == true;
        lock (_gate)
        {
            if (_isClosed) return false;
            if (_connections.Count < limits.Connections)
            {
                bool isReserved = _connections.Count >= limits.Connections - Reserve(limits);
                if (!isReserved || isPrivileged) return _connections.Add(connection);
                if (budgets is { Privileged.Users.Count: > 0 })
                {
                    connection.NeedsPrivilege = true;
                    return _connections.Add(connection);
                }
            }

            justFilled = !_isFull;
            _isFull = true;
        }

        if (justFilled)
        {
            audit.LimitReached("Limits:Connections", null);
            logger.TooManyConnections(limits.Connections - Reserve(limits));
        }

        return false;
    }

    /// <summary>Those that are open at this moment.</summary>
    public ClientConnection[] Snapshot()
    {
        lock (_gate) return [.. _connections];
    }

    /// <summary>Removes one.</summary>
    public void Remove(ClientConnection connection)
    {
        BrokerLimits limits = inForce.Current;
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

    /// <summary>How many places are kept for those who are privileged.</summary>
    private int Reserve(BrokerLimits limits) =>
        budgets is { Privileged: { Users.Count: > 0 } or { Endpoints.Count: > 0 } } ? Math.Min(limits.ReservedConnections, limits.Connections - 1) : 0;

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
