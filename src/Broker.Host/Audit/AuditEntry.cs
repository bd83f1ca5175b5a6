namespace Broker.Host.Audit;

/// <summary>One line of the audit log.</summary>
/// <param name="Event">What happened, e.g. <c>connect</c>.</param>
internal sealed record AuditEntry(string Event)
{
    /// <summary>When.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The principal.</summary>
    public string? Principal { get; init; }

    /// <summary>The client identifier.</summary>
    public string? ClientId { get; init; }

    /// <summary>The endpoint.</summary>
    public string? Listener { get; init; }

    /// <summary>The client's address and port.</summary>
    public string? Address { get; init; }

    /// <summary>What was asked for.</summary>
    public string? Action { get; init; }

    /// <summary>The topic, or one of them.</summary>
    public string? Topic { get; init; }

    /// <summary>The reason code's name.</summary>
    public string? Code { get; init; }

    /// <summary>The reason in words, or what changed.</summary>
    public string? Detail { get; init; }

    /// <summary>How often; 0: once.</summary>
    public long Count { get; init; }
}
