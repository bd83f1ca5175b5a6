using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>A message for one session, and how it is to be sent. Whoever stores it holds one reference of its message.</summary>
internal readonly struct Delivery(
    Message message, QualityOfService qos, bool retain, int identifier = 0, int[]? moreIdentifiers = null, SharedGroup? group = null, bool isChange = false,
    long entry = 0)
{
    // What comes through a shared group has one subscription: never both. One reference fewer to copy into queues and windows.
    private readonly object? _groupOrMore = group ?? (object?)moreIdentifiers;

    /// <summary>The message.</summary>
    public Message Message { get; } = message;

    /// <summary>The shared group that it came through, or null.</summary>
    public SharedGroup? Group => _groupOrMore as SharedGroup;

    /// <summary>Further Subscription Identifiers, where overlapping subscriptions matched; or null.</summary>
    public int[]? MoreIdentifiers => _groupOrMore as int[];

    /// <summary>The Subscription Identifier; 0 if none.</summary>
    public int Identifier { get; } = identifier;

    /// <summary>The QoS it is sent with: the lower of the publication's and the subscription's.</summary>
    public QualityOfService Qos { get; } = qos;

    /// <summary>The RETAIN flag it is sent with.</summary>
    public bool Retain { get; } = retain;

    /// <summary>Whether it was sent as a change; a shared group then gives another member not this message, but the topic's value.</summary>
    public bool IsChange { get; } = isChange;

    /// <summary>Its number in the store; 0 if it is not kept there.</summary>
    public long Entry { get; } = entry;

    /// <summary>The same with a number in the store.</summary>
    public Delivery With(long entry) => new(Message, Qos, Retain, Identifier, MoreIdentifiers, Group, IsChange, entry);
}
