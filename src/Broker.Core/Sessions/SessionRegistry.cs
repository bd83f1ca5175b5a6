using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Security;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>Which session belongs to which client identifier, and which connection has it.</summary>
/// <remarks>
/// Threading: any thread; its gate serialises beginnings, changes of hands and ends. Nothing is called out to while it is
/// held: what is to be done afterwards is returned. Lock order: this gate, then a session's.
/// </remarks>
internal sealed class SessionRegistry(TimingWheel wheel, SessionEnvironment environment)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _sessions = new(StringComparer.Ordinal);
    private long _number;
    private int _connected;

    /// <summary>Called, with no lock held, when a session's time is over; it then calls <see cref="TryExpire"/>.</summary>
    public required Action<Session> Expired { get; init; }

    /// <summary>Sessions, connected or kept.</summary>
    public int Count
    {
        get { lock (_gate) return _sessions.Count; }
    }

    /// <summary>Sessions that have a connection.</summary>
    public int Connected
    {
        get { lock (_gate) return _connected; }
    }

    /// <summary>The sessions of this moment.</summary>
    public Session[] Snapshot()
    {
        lock (_gate) return [.. _sessions.Values.Select(entry => entry.Session)];
    }

    /// <summary>Whether a client has a session, connected or kept.</summary>
    public bool Has(string clientId)
    {
        lock (_gate) return _sessions.ContainsKey(clientId);
    }

    /// <summary>Whether a client is connected.</summary>
    public bool IsConnected(string clientId)
    {
        lock (_gate) return _sessions.TryGetValue(clientId, out Entry entry) && entry.Connection is not null;
    }

    /// <summary>Whether a client is connected as this principal.</summary>
    public bool IsConnected(string clientId, Principal principal)
    {
        lock (_gate) return _sessions.TryGetValue(clientId, out Entry entry) && entry.Connection is not null && entry.Session.Identity.Principal == principal;
    }

    /// <summary>
    /// Gives a connection the session of its client identifier: the one that is there, or a new one. Another principal's is
    /// never touched.
    /// </summary>
    public AttachResult Attach(in AttachRequest request, ISessionConnection connection)
    {
        List<Delivery> shared = [];
        lock (_gate)
        {
            bool exists = _sessions.TryGetValue(request.Identity.ClientId, out Entry existing);
            if (exists && existing.Session.Identity.Principal != request.Identity.Principal) return AttachResult.OtherPrincipal;
            if (!exists && _sessions.Count >= environment.Limits.Sessions) return AttachResult.TooManySessions;
            SessionBudget? budget = exists ? null : environment.Budgets?.OfSession(request.Identity.Principal, request.Identity.ClientId);
            if (budget?.TryUse(BudgetItem.Sessions, 1, request.Subject) == false)
            {
                budget.Principal?.Return();
                return AttachResult.TooManyOfOwner;
            }

            Will? will = null;
            Subscription[] ended = [];
            ISessionConnection? displaced = existing.Connection;
            Session session;

            // A displaced connection ends like any other: with its session, unless that was to be kept [MQTT-4.1.0-2].
            bool endsExisting = exists && (request.CleanStart || (displaced is not null && existing.Session.Expiry == TimeSpan.Zero));
            if (exists)
            {
                session = existing.Session;
                will = session.Will;
                wheel.Cancel(session);
                if (will is not null) wheel.Cancel(will);
                if (displaced is not null)
                {
                    _connected--;
                    session.HandOver();
                }

                // A client that is back within the delay keeps its will to itself [MQTT-3.1.3-9]; one whose connection is
                // taken over without a delay, or whose session ends, does not.
                bool isDue = endsExisting || (displaced is not null && will is { Delay.Ticks: 0 });
                if (will is not null && !isDue && will.TryTake()) will.Message.Release();
                if (!isDue) will = null;
                session.Will = null;
            }

            bool present = exists && !endsExisting; // [MQTT-3.1.2-4, MQTT-3.1.2-5]
            Session? previous = endsExisting ? existing.Session : null;
            if (previous is not null)
            {
                if (previous.IsKept) environment.Journal?.SessionEnded(previous.Number); // its expiry may just have become 0
                ended = previous.End(shared);
            }

            if (endsExisting) (budget = environment.Budgets?.OfSession(request.Identity.Principal, request.Identity.ClientId))?.Use(BudgetItem.Sessions, 1); // in place of the one that ended
            session = present
                ? existing.Session
                : new Session(++_number, request.Identity, environment, Expired) { Budget = budget };
            bool wasKept = present && session.Expiry > TimeSpan.Zero;
            session.Expiry = request.Expiry;
            session.Will = request.Will;
            Keep(session, wasKept);
            session.Attach(connection, request.Subject, request.Window);
            _sessions[request.Identity.ClientId] = new Entry(session, connection);
            _connected++;
            return new AttachResult(AttachOutcome.Attached, session, present, displaced, will, ended, shared);
        }
    }

    /// <summary>
    /// Ends a connection's hold on its session, which is then kept for its expiry or ends. Null if the connection no longer
    /// has it.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="connection">The connection that is gone.</param>
    /// <param name="keepsWill">False after a DISCONNECT that discards the will [MQTT-3.14.4-3].</param>
    public DetachResult? Detach(Session session, ISessionConnection connection, bool keepsWill)
    {
        List<Delivery> shared = [];
        lock (_gate)
        {
            if (!session.Detach(connection, shared)) return null;
            _connected--;
            Will? will = session.Will;
            if (will is not null && !keepsWill)
            {
                if (will.TryTake()) will.Message.Release();
                will = session.Will = null;
            }

            long now = environment.Clock.Now;
            bool ends = session.Expiry == TimeSpan.Zero;
            bool isKept = session.Journal is not null;
            bool willIsDue = will is not null && (ends || will.Delay == TimeSpan.Zero);
            Subscription[] ended = [];
            if (ends)
            {
                if (isKept) environment.Journal?.SessionEnded(session.Number);
                ended = session.End(shared);
                _sessions.Remove(session.Identity.ClientId);
            }
            else
            {
                _sessions[session.Identity.ClientId] = new Entry(session, null);
                wheel.Schedule(session, now + (long)session.Expiry.TotalMilliseconds);
                if (will is not null && !willIsDue && will.Delay < session.Expiry)
                {
                    wheel.Schedule(will, now + (long)will.Delay.TotalMilliseconds); // else it goes with the session [MQTT-3.1.2-8]
                }
            }

            if (willIsDue) session.Will = null;
            if (!ends) environment.Journal?.SessionChanged(session, session.DetachedAt = environment.Clock.UtcMilliseconds);
            return new DetachResult(ends, willIsDue ? will : null, ended, shared);
        }
    }

    /// <summary>Ends a session whose time is over; null if it got a connection meanwhile.</summary>
    public DetachResult? TryExpire(Session session)
    {
        List<Delivery> shared = [];
        lock (_gate)
        {
            bool isCurrent = _sessions.TryGetValue(session.Identity.ClientId, out Entry entry)
                && entry.Session == session && entry.Connection is null && !session.IsScheduled;
            if (!isCurrent) return null;
            environment.Journal?.SessionEnded(session.Number);
            Subscription[] ended = session.End(shared);
            _sessions.Remove(session.Identity.ClientId);
            Will? will = session.Will;
            session.Will = null;
            if (will is not null) wheel.Cancel(will);
            return new DetachResult(true, will, ended, shared);
        }
    }

    /// <summary>Changes how long a connected session will be kept (3.14.2.2.2).</summary>
    public void ChangeExpiry(Session session, TimeSpan expiry)
    {
        lock (_gate)
        {
            if (session.Expiry == expiry) return;
            session.Expiry = expiry;
            if (expiry > TimeSpan.Zero) environment.Journal?.SessionChanged(session, detachedAt: 0);
        }
    }

    /// <summary>All sessions at this moment.</summary>
    public Session[] ToArray()
    {
        lock (_gate) return [.. _sessions.Values.Select(entry => entry.Session)];
    }

    /// <summary>Writes a session again for a checkpoint, if it is still there.</summary>
    public void Checkpoint(Session session)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(session.Identity.ClientId, out Entry entry) || entry.Session != session) return;
            session.Checkpoint(entry.Connection is null ? session.DetachedAt : 0);
        }
    }

    /// <summary>Takes up a session of an earlier run of the broker, which nobody is connected to, and starts the time until its end.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="identity">Client identifier and principal.</param>
    /// <param name="expiry">How long it is kept after a connection.</param>
    /// <param name="detachedAt">When its connection ended, in milliseconds since 1970.</param>
    /// <param name="left">How long it is still to be kept.</param>
    public Session Restore(long number, PublisherIdentity identity, TimeSpan expiry, long detachedAt, TimeSpan left)
    {
        lock (_gate)
        {
            SessionBudget? budget = environment.Budgets?.OfSession(identity.Principal, identity.ClientId);
            budget?.Use(BudgetItem.Sessions, 1);
            var session = new Session(number, identity, environment, Expired) { Expiry = expiry, DetachedAt = detachedAt, Budget = budget };
            _number = Math.Max(_number, number);
            _sessions[identity.ClientId] = new Entry(session, null);
            wheel.Schedule(session, environment.Clock.Now + (long)left.TotalMilliseconds);
            return session;
        }
    }

    /// <summary>Writes down that a connection has the session now, or that it is no longer kept beyond its connection.</summary>
    private void Keep(Session session, bool wasKept)
    {
        if (environment.Journal is not { } journal) return;
        if (session.Expiry == TimeSpan.Zero)
        {
            if (wasKept) journal.SessionEnded(session.Number);
            return;
        }

        if (session.Will is { } will)
        {
            will.Message.AckLevel = journal.Policy.Ack == Storage.AckLevel.Memory ? Storage.AckLevel.Written : journal.Policy.Ack;
            will.KeptBy = session.Number;
        }

        journal.SessionChanged(session, detachedAt: 0);
    }

    private readonly record struct Entry(Session Session, ISessionConnection? Connection);
}

/// <summary>What a connection wants a session for.</summary>
/// <param name="Identity">Client identifier and principal.</param>
/// <param name="Subject">The connection, as rights are asked for it.</param>
/// <param name="CleanStart">Whether an earlier session is to be discarded.</param>
/// <param name="Expiry">How long it is to be kept after this connection.</param>
/// <param name="Window">Unfinished QoS 1 and 2 messages that the client takes.</param>
/// <param name="Will">The will, or null.</param>
internal readonly record struct AttachRequest(PublisherIdentity Identity, AccessSubject Subject, bool CleanStart, TimeSpan Expiry, int Window, Will? Will);

/// <summary>Whether a connection got a session.</summary>
internal enum AttachOutcome
{
    /// <summary>It did.</summary>
    Attached,

    /// <summary>The client identifier belongs to another principal.</summary>
    OtherPrincipal,

    /// <summary>The broker holds as many sessions as it may.</summary>
    TooManySessions,

    /// <summary>The principal, or the tenant, has as many sessions as it may.</summary>
    TooManyOfOwner,
}

/// <summary>What came of <see cref="SessionRegistry.Attach"/>, and what its caller has to do now.</summary>
/// <param name="Outcome">Whether there is a session.</param>
/// <param name="Session">The session; null if there is none.</param>
/// <param name="IsPresent">Whether it was there before.</param>
/// <param name="Displaced">The connection that had it until now: close it.</param>
/// <param name="Will">A will that is due: publish it.</param>
/// <param name="Ended">Subscriptions of a discarded session: remove them.</param>
/// <param name="Shared">Messages of shared groups that other members should get: each is a reference.</param>
internal readonly record struct AttachResult(
    AttachOutcome Outcome, Session? Session, bool IsPresent, ISessionConnection? Displaced, Will? Will, Subscription[] Ended, List<Delivery> Shared)
{
    /// <summary>The commit that CONNACK has to wait for; 0 if none.</summary>
    public long Commit { get; init; }

    /// <summary>The client identifier belongs to another principal.</summary>
    public static AttachResult OtherPrincipal => new(AttachOutcome.OtherPrincipal, null, false, null, null, [], []);

    /// <summary>The principal, or the tenant, has as many sessions as it may.</summary>
    public static AttachResult TooManyOfOwner => new(AttachOutcome.TooManyOfOwner, null, false, null, null, [], []);

    /// <summary>The broker holds as many sessions as it may.</summary>
    public static AttachResult TooManySessions => new(AttachOutcome.TooManySessions, null, false, null, null, [], []);
}

/// <summary>What came of the end of a connection or session, and what the caller has to do now.</summary>
/// <param name="Ends">Whether the session is over.</param>
/// <param name="Will">A will that is due: publish it.</param>
/// <param name="Ended">Subscriptions of the ended session: remove them.</param>
/// <param name="Shared">Messages of shared groups that other members should get: each is a reference.</param>
internal sealed record DetachResult(bool Ends, Will? Will, Subscription[] Ended, List<Delivery> Shared);
