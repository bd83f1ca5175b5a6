namespace Broker.Client;

/// <summary>How a request is made.</summary>
public sealed record RequestOptions
{
    /// <summary>The client's timeout, nothing else.</summary>
    public static RequestOptions Default { get; } = new();

    /// <summary>How long to wait for the answer, also for the connection; null: <see cref="BrokerClientOptions.RequestTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Properties for the responder.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; init; } = [];
}
