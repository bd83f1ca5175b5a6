namespace Broker.Client;

/// <summary>How work is processed.</summary>
public sealed record ProcessOptions
{
    /// <summary>Four at a time, three attempts, shared with all workers of the topic.</summary>
    public static ProcessOptions Default { get; } = new();

    /// <summary>How many messages are handled at a time, 1 to 10,000.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>How often a failing message is tried in all, 1 and more; between attempts it waits with <see cref="RetryDelay"/>, doubling, with full jitter.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The bound of the first wait.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Workers of one group share the messages (<c>$share/group/filter</c>).</summary>
    public string Group { get; init; } = "workers";

    /// <summary>Told about a message that could not be read, or failed every attempt; it counts as dealt with then.</summary>
    public Action<Message<ReadOnlyMemory<byte>>, Exception>? OnPoisoned { get; init; }
}
