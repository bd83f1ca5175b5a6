namespace Broker.Client;

/// <summary>Where the circuit breaker of a request topic stands.</summary>
public enum CircuitState
{
    /// <summary>Requests are sent.</summary>
    Closed,

    /// <summary>Requests fail at once, with <see cref="BrokerClientError.CircuitOpen"/>.</summary>
    Open,

    /// <summary>One request is let through to try.</summary>
    HalfOpen,

    /// <summary>Held open by <see cref="Circuit.IsolateAsync"/>.</summary>
    Isolated,
}
