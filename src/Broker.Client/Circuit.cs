using Polly;
using Polly.CircuitBreaker;

namespace Broker.Client;

/// <summary>
/// The circuit breaker of one request topic: after too many requests without an answer it opens, and requests fail at once instead of waiting; after a
/// while one is let through to try. Thread-safe.
/// </summary>
public sealed class Circuit
{
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly Action<Circuit, CircuitState, EventHandler<CircuitState>?> _changed;

    internal Circuit(string topic, CircuitBreakerOptions options, TimeProvider time, Action<Circuit, CircuitState, EventHandler<CircuitState>?> changed)
    {
        Topic = topic;
        _changed = changed;
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.Enabled)
        {
            builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = options.FailureRatio,
                MinimumThroughput = options.MinimumRequests,
                SamplingDuration = options.SamplingDuration,
                BreakDuration = options.BreakDuration,
                StateProvider = _state,
                ManualControl = _control,
                ShouldHandle = new PredicateBuilder().Handle<BrokerClientException>(exception => exception.Error is BrokerClientError.Timeout or BrokerClientError.NoResponder or BrokerClientError.ConnectionLost),
                OnOpened = arguments => Report(arguments.IsManual ? CircuitState.Isolated : CircuitState.Open),
                OnClosed = _ => Report(CircuitState.Closed),
                OnHalfOpened = _ => Report(CircuitState.HalfOpen),
            });
        }

        Pipeline = builder.Build();
        IsEnabled = options.Enabled;
    }

    /// <summary>Told after every change; one at a time. Its faults are logged and go no further.</summary>
    public event EventHandler<CircuitState>? StateChanged;

    /// <summary>The topic of the requests.</summary>
    public string Topic { get; }

    /// <summary>Where it stands.</summary>
    public CircuitState State => !IsEnabled ? CircuitState.Closed : _state.CircuitState switch
    {
        Polly.CircuitBreaker.CircuitState.Open => CircuitState.Open,
        Polly.CircuitBreaker.CircuitState.HalfOpen => CircuitState.HalfOpen,
        Polly.CircuitBreaker.CircuitState.Isolated => CircuitState.Isolated,
        _ => CircuitState.Closed,
    };

    internal ResiliencePipeline Pipeline { get; }

    private bool IsEnabled { get; }

    /// <summary>Opens it until <see cref="CloseAsync"/>.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task IsolateAsync(CancellationToken cancellationToken = default) => _control.IsolateAsync(cancellationToken);

    /// <summary>Closes it, whatever it was.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task CloseAsync(CancellationToken cancellationToken = default) => _control.CloseAsync(cancellationToken);

    private ValueTask Report(CircuitState state)
    {
        _changed(this, state, StateChanged);
        return default;
    }
}
