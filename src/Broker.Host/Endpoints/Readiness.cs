namespace Broker.Host.Endpoints;

/// <summary>Whether the broker takes clients: from the moment everything listens until it begins to stop.</summary>
internal sealed class Readiness
{
    private volatile bool _isReady;

    /// <summary>Whether it does.</summary>
    public bool IsReady
    {
        get => _isReady && Failure is null;
        set => _isReady = value;
    }

    /// <summary>Why it takes none although it runs; null if there is no such reason.</summary>
    public string? Failure { get; set; }
}
