namespace Broker.Client;

/// <summary>The outbound queue: what was published and is not acknowledged yet.</summary>
public sealed class OutboxOptions
{
    /// <summary>The largest <see cref="MaxMessages"/>; every message in flight needs a packet identifier of its own.</summary>
    public const int LargestMaxMessages = 1_000_000;

    /// <summary>
    /// A file that keeps QoS 1 and 2 messages until the broker has acknowledged them, also when this process ends; null: memory only.
    /// Needs a <see cref="BrokerClientOptions.ClientId"/>. One process at a time.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>How many messages may wait, 1 to 1,000,000; 10,000 unless set.</summary>
    public int MaxMessages { get; set; } = 10_000;

    /// <summary>How many bytes of topics, payloads and properties may wait, 1,024 and more; 64 MiB unless set.</summary>
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many QoS 1 and 2 messages may be unacknowledged at a time, 1 to 60,000; the broker's Receive Maximum bounds it too. 1,000 unless set.</summary>
    public int MaxInflight { get; set; } = 1_000;

    /// <summary>What happens when it is full; waiting unless set.</summary>
    public OutboxOverflow WhenFull { get; set; }
}
