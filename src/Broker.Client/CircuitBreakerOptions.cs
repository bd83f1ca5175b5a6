namespace Broker.Client;

/// <summary>When requests to a topic are no longer sent because they keep failing. Errors that a responder sends on purpose do not count.</summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>Whether there is one; there is unless set.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The share of failed requests that opens it, above 0 up to 1; 0.5 unless set.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>How many requests in <see cref="SamplingDuration"/> make a judgement, 2 and more; 10 unless set.</summary>
    public int MinimumRequests { get; set; } = 10;

    /// <summary>The time that is looked at, 500 ms and more; 30 s unless set.</summary>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it stays open before one request is let through to try, 500 ms and more; 5 s unless set.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);
}
