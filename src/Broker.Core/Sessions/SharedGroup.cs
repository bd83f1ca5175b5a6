using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// A shared subscription: the members of one group on one filter. Each message goes to one member, in turn; connected
/// members come before absent ones, and members with room in their window before busy ones [MQTT-4.8.2-1].
/// </summary>
/// <remarks>Threading: members are replaced as a whole under the gate of <see cref="Subscriptions"/>; readers take the array as it is.</remarks>
internal sealed class SharedGroup(string key) : TreeEntry
{
    private readonly Dictionary<TopicState, ChangeTrack> _tracks = []; // under its own lock
    private Subscription[] _members = [];
    private int _turn;

    /// <summary>Group name and filter as the clients wrote them: <c>$share/group/filter</c>.</summary>
    public string Key { get; } = key;

    /// <summary>What counts as a change for the group, as its last subscriber said; null for an ordinary one.</summary>
    public ChangeCriteria? Criteria { get; set; }

    /// <summary>Whether nobody is left.</summary>
    public bool IsEmpty => _members.Length == 0;

    /// <summary>Adds a member.</summary>
    public void Add(Subscription member) => Volatile.Write(ref _members, [.. _members, member]);

    /// <summary>Removes a member.</summary>
    public void Remove(Subscription member) => Volatile.Write(ref _members, Array.FindAll(_members, m => m != member));

    /// <summary>Whether some member could take a message of <paramref name="size"/> bytes now.</summary>
    public bool HasRoom(int size)
    {
        foreach (Subscription member in Volatile.Read(ref _members))
        {
            if (member.Session.HasRoom(size)) return true;
        }

        return false;
    }

    /// <summary>Whether a member other than <paramref name="except"/> is connected. Takes no lock.</summary>
    public bool HasConnectedMember(Session except)
    {
        foreach (Subscription member in Volatile.Read(ref _members))
        {
            if (member.Session != except && member.Session.IsConnected) return true;
        }

        return false;
    }

    /// <summary>Gives a message to the member whose turn it is, or to the next that takes it.</summary>
    /// <param name="message">The message; the caller keeps its own reference.</param>
    /// <param name="qos">The QoS it was published with.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <param name="except">A session that must not get it (it just gave it back), or null.</param>
    /// <returns>What the member answered that took it, or the last that did not.</returns>
    public DeliverOutcome Deliver(Message message, QualityOfService qos, WakeBatch batch, Session? except = null)
    {
        Subscription[] members = Volatile.Read(ref _members);
        if (members.Length == 0) return DeliverOutcome.SessionEnded;
        int turn = (int)((uint)Interlocked.Increment(ref _turn) % (uint)members.Length);
        for (Readiness readiness = Readiness.Ready; readiness <= Readiness.Absent; readiness++)
        {
            for (int i = 0; i < members.Length; i++)
            {
                Subscription member = members[(turn + i) % members.Length];
                if (member.Session == except || member.Session.Readiness != readiness || !member.Session.HasRoom(message.Size)) continue;
                DeliverOutcome outcome = DeliverTo(member, message, qos, batch);
                if (IsTaken(outcome)) return outcome;
            }
        }

        return DeliverToAny(members, turn, message, qos, batch, except);
    }

    /// <summary>
    /// Asks those again that changed while they were asked (a busy one became ready, an absent one came back); if all are
    /// full, what happens to the message is the first one's to decide.
    /// </summary>
    private DeliverOutcome DeliverToAny(Subscription[] members, int turn, Message message, QualityOfService qos, WakeBatch batch, Session? except)
    {
        DeliverOutcome outcome = DeliverOutcome.Offline;
        foreach (bool mustHaveRoom in (ReadOnlySpan<bool>)[true, false])
        {
            for (int i = 0; i < members.Length; i++)
            {
                Subscription member = members[(turn + i) % members.Length];
                if (member.Session == except || (mustHaveRoom && !member.Session.HasRoom(message.Size))) continue;
                outcome = DeliverTo(member, message, qos, batch);
                if (IsTaken(outcome) || outcome == DeliverOutcome.QueueFull) return outcome;
            }
        }

        return outcome;
    }

    /// <summary>
    /// Gives a change to a member, and if all are full lets it wait, conflated, for the one whose turn it is: no change is lost.
    /// </summary>
    /// <param name="change">The change; its delivery's message is the caller's.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    /// <param name="digestKey">The key of the digests of values.</param>
    public DeliverOutcome DeliverChange(in Change change, WakeBatch batch, long now, ulong digestKey)
    {
        if (!IsChange(change, now, digestKey)) return DeliverOutcome.Unchanged;
        DeliverOutcome outcome = Deliver(change.Message, change.Message.Qos, batch);
        if (IsTaken(outcome)) return outcome;
        foreach (Subscription member in Volatile.Read(ref _members))
        {
            (SubscriptionOptions options, int identifier) = member.Current;
            QualityOfService granted = change.Message.Qos < options.Qos ? change.Message.Qos : options.Qos;
            var delivery = new Delivery(change.Message, granted, options.RetainAsPublished && change.Message.Retain, identifier, null, this);
            outcome = member.Session.DeliverChange(member, delivery, change with { IsChanged = true }, batch);
            if (outcome is DeliverOutcome.Queued or DeliverOutcome.Conflated) return outcome;
        }

        return outcome;
    }

    private bool IsChange(in Change change, long now, ulong digestKey)
    {
        if (Criteria is not { } criteria || criteria.Parts is [{ IsExact: true }]) return change.IsChanged;
        lock (_tracks)
        {
            if (!_tracks.TryGetValue(change.Topic, out ChangeTrack? track)) _tracks[change.Topic] = track = new ChangeTrack();
            if (track.Decide(change.Message.Payload, criteria, now, digestKey) != ChangeVerdict.Send) return false;
            track.Sent(change.Message.Payload, criteria, now, digestKey);
            return true;
        }
    }

    private static bool IsTaken(DeliverOutcome outcome) => outcome is DeliverOutcome.Queued or DeliverOutcome.OldestDropped;

    private DeliverOutcome DeliverTo(Subscription member, Message message, QualityOfService qos, WakeBatch batch)
    {
        (SubscriptionOptions options, int identifier) = member.Current;
        QualityOfService granted = qos < options.Qos ? qos : options.Qos;
        bool retain = options.RetainAsPublished && message.Retain;
        return member.Session.Deliver(new Delivery(message, granted, retain, identifier, null, this), batch);
    }
}
