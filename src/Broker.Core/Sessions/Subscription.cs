using System.Text;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>One filter of one session. A repeated SUBSCRIBE changes its options in place, so no message falls between two of them.</summary>
/// <remarks>
/// Owner: its session. Threading: written under the session's gate; the router reads the options without it, each read being
/// one word, so it sees the options before or after a change, never a mixture.
/// </remarks>
internal sealed class Subscription(Session session, byte[] utf8Filter) : TreeEntry
{
    private long _optionsAndIdentifier;

    /// <summary>The session that it belongs to.</summary>
    public Session Session { get; } = session;

    /// <summary>The filter as the client wrote it, <c>$share/group/</c> included.</summary>
    public string Filter => Encoding.UTF8.GetString(Utf8Filter);

    /// <summary>The same in UTF-8.</summary>
    public byte[] Utf8Filter { get; } = utf8Filter;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Path => IsChangeOnly ? TopicFilter.WithoutChanges(Utf8Filter) : Utf8Filter; // what is shared is found by its group

    /// <summary>The shared group that it is a member of, or null; set by <see cref="Subscriptions"/> when it is added.</summary>
    public SharedGroup? Group { get; set; }

    /// <summary>What was sent of the topics of a subscription to <c>$changes/...</c>; null for an ordinary one, and for a shared one.</summary>
    public ChangeLedger? Changes { get; set; }

    /// <summary>Whether only changes are wanted: it is one to <c>$changes/...</c>.</summary>
    public bool IsChangeOnly { get; init; }

    /// <summary>
    /// What topics let pass up to this number was not sent to it: it came later, and asked for no first values. 0 if it has, or
    /// will get, all of them. Under the session's gate.
    /// </summary>
    public long SyncedFrom { get; set; }

    /// <summary>Whether first values are still to be sent. Under the session's gate.</summary>
    public bool IsReplaying { get; set; }

    /// <summary>The options and the Subscription Identifier (0 if none) at this moment.</summary>
    public (SubscriptionOptions Options, int Identifier) Current
    {
        get
        {
            long packed = Volatile.Read(ref _optionsAndIdentifier);
            var options = new SubscriptionOptions(
                (QualityOfService)(packed & 3), (packed & 4) != 0, (packed & 8) != 0, (RetainHandling)((packed >> 4) & 3));
            return (options, (int)(packed >> 32));
        }
    }

    /// <summary>The granted QoS at this moment.</summary>
    public QualityOfService Qos => (QualityOfService)(Volatile.Read(ref _optionsAndIdentifier) & 3);

    /// <summary>Whether a message was published by this very client, and No Local keeps it away [MQTT-3.8.3-3].</summary>
    public bool IsOwn(Message message, SubscriptionOptions options) =>
        options.NoLocal && message.Publisher.ClientId.Length > 0 && message.Publisher.ClientId == Session.Identity.ClientId;

    /// <summary>Sets the options and the Subscription Identifier (0 for none).</summary>
    public void Change(SubscriptionOptions options, int identifier) =>
        Volatile.Write(
            ref _optionsAndIdentifier,
            (long)options.Qos | (options.NoLocal ? 4L : 0) | (options.RetainAsPublished ? 8L : 0)
                | ((long)options.RetainHandling << 4) | ((long)identifier << 32));
}
