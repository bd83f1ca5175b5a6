namespace Broker.Client.Publishing;

/// <summary>One message in the outbound queue. Guarded by the <see cref="Outbox"/>'s lock.</summary>
internal sealed class OutboxEntry(long sequence, OutgoingMessage message, DateTimeOffset? expiresAt, long bytes)
{
    /// <summary>The order of the messages, and for QoS 1 and 2 the source of the packet identifier, so that both survive the process together.</summary>
    public long Sequence { get; } = sequence;

    public OutgoingMessage Message { get; } = message;

    public DateTimeOffset? ExpiresAt { get; } = expiresAt;

    public long Bytes { get; } = bytes;

    /// <summary>Whom it tells; null where nobody waits.</summary>
    public TaskCompletionSource<PublishResult>? Completion { get; init; }

    /// <summary>The trace that it belongs to, as W3C writes it; null: none.</summary>
    public string? TraceParent { get; init; }

    public bool Persistent { get; init; }

    public OutboxEntryState State { get; set; }

    /// <summary>Whether the broker may have seen it already, in the session that goes on.</summary>
    public bool Duplicate { get; set; }

    /// <summary>QoS 2: what PUBREC said about subscribers.</summary>
    public bool NoSubscribers { get; set; }

    /// <summary>Whether it counts against the broker's Receive Maximum on this connection.</summary>
    public bool InWindow { get; set; }

    public bool NeedsAck => Message.Options.Qos != QualityOfService.AtMostOnce;

    public ushort PacketId => Outbox.PacketIdOf(Sequence);
}
