using System.Numerics;
using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>One filter of one session. A repeated SUBSCRIBE changes its options in place, so no message falls between two of them.</summary>
/// <remarks>
/// Owner: its session. Threading: written under the session's gate; the router reads the options without it, each read being
/// one word, so it sees the options before or after a change, never a mixture.
/// </remarks>
internal sealed class Subscription(Session session, string filter) : TreeEntry
{
    // Whenever that many topics, or twice as many and so on, are tracked, those that the broker forgot are thrown out.
    private const int TracksBeforeCleaning = 64;

    private long _optionsAndIdentifier;
    private Dictionary<TopicState, ChangeTrack>? _tracks; // under the session's gate

    /// <summary>The session that it belongs to.</summary>
    public Session Session { get; } = session;

    /// <summary>The filter as the client wrote it, <c>$share/group/</c> included.</summary>
    public string Filter { get; } = filter;

    /// <summary>The shared group that it is a member of, or null; set by <see cref="Subscriptions"/> when it is added.</summary>
    public SharedGroup? Group { get; set; }

    /// <summary>What counts as a change, for a subscription to <c>$changes/...</c>; null for an ordinary one.</summary>
    public ChangeCriteria? Criteria { get; private set; }

    /// <summary>
    /// Whether the topic's own "changed" does not answer for this subscription: it looks at something else than bytes, or it
    /// may not know the value that is there.
    /// </summary>
    public bool IsTracked { get; private set; }

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

    /// <summary>Sets what counts as a change; what was compared before is forgotten.</summary>
    public void Change(ChangeCriteria? criteria, bool knowsValues)
    {
        Criteria = criteria;
        bool isExact = criteria is null || (criteria.Parts is [{ IsExact: true }] && criteria.Rules.Length == 0);
        IsTracked = criteria is not null && !(isExact && knowsValues);
        _tracks = null;
    }

    /// <summary>What was sent last on a topic; under the session's gate.</summary>
    public ChangeTrack TrackOf(TopicState topic)
    {
        _tracks ??= [];
        if (_tracks.TryGetValue(topic, out ChangeTrack? track)) return track;
        if (_tracks.Count >= TracksBeforeCleaning && BitOperations.IsPow2(_tracks.Count))
        {
            foreach (TopicState forgotten in _tracks.Keys.Where(t => t.IsForgotten).ToList()) _tracks.Remove(forgotten);
        }

        return _tracks[topic] = new ChangeTrack();
    }

    /// <summary>What was sent may not have arrived: the next value counts as a change. Under the session's gate.</summary>
    public void ForgetTracks() => _tracks = null;

    /// <summary>Sets the options and the Subscription Identifier (0 for none).</summary>
    public void Change(SubscriptionOptions options, int identifier) =>
        Volatile.Write(
            ref _optionsAndIdentifier,
            (long)options.Qos | (options.NoLocal ? 4L : 0) | (options.RetainAsPublished ? 8L : 0)
                | ((long)options.RetainHandling << 4) | ((long)identifier << 32));
}
