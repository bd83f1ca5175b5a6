using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Security;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>
/// What the broker owes one client, connected or not: its subscriptions, the messages that wait, those in flight both ways.
/// It belongs to a principal and a client identifier.
/// </summary>
/// <remarks>
/// Threading: its gate guards everything below it; nothing is called out to while it is held except the authorizer and the
/// connection's publish writer. Owner: <see cref="SessionRegistry"/> decides when it begins, changes hands and ends.
/// </remarks>
internal sealed partial class Session(long number, PublisherIdentity identity, SessionEnvironment environment, Action<Session> expired)
    : WheelTimer, IChangeOwner
{
    private const int SessionRecordBytes = 256; // without subscriptions and messages, about

    private readonly Lock _gate = new();
    private readonly SubscriptionSet _subscriptions = new();
    private Outgoing? _outgoing; // made with the first message
    private ReceivedQos2? _received;
    private AccessSubject _subject = new(identity.Principal, identity.ClientId, null);
    private ISessionConnection? _connection;
    private int _window;
    private bool _ended;

    /// <summary>Distinguishes sessions for as long as the process lives.</summary>
    public long Number { get; } = number;

    /// <summary>Client identifier and principal.</summary>
    public PublisherIdentity Identity { get; } = identity;

    /// <summary>Its connection, or its last one, as rights are asked for it.</summary>
    public AccessSubject Subject
    {
        get => Volatile.Read(ref _subject);
        private set => Volatile.Write(ref _subject, value);
    }

    /// <summary>How long it is kept after its connection ended; written under the registry's gate.</summary>
    public TimeSpan Expiry { get; set; }

    /// <summary>When its last connection ended, in milliseconds since 1970; written under the registry's gate.</summary>
    public long DetachedAt { get; set; }

    /// <summary>The will that its client left, or null; written under the registry's gate.</summary>
    public Will? Will { get; set; }

    /// <summary>What it uses of what its principal and its tenant may; null where nothing is bounded. Changes under its gate.</summary>
    public SessionBudget? Budget { get; set; }

    /// <summary>Where it is written down; null while it is not kept beyond its connection, or nothing is kept. Read under its gate.</summary>
    public SessionJournal? Journal { get; private set; }

    /// <summary>Whether it is kept beyond its connection and written down. A snapshot.</summary>
    public bool IsKept => Journal is not null;

    /// <summary>Messages that were dropped for it, since it began.</summary>
    public long Dropped => _outgoing?.Dropped ?? 0;

    /// <summary>Whether a connection has it. A snapshot, taken without the gate.</summary>
    public bool IsConnected => Volatile.Read(ref _connection) is not null;

    /// <summary>How soon one more message could be sent. A snapshot.</summary>
    public Readiness Readiness
    {
        get
        {
            lock (_gate)
            {
                if (_ended) return Readiness.Ended;
                if (_connection is null) return Readiness.Absent;
                return _outgoing is not { IsBusy: true } ? Readiness.Ready : Readiness.Busy;
            }
        }
    }

    /// <summary>Its principal's bounds changed from none to some: what it uses counts from now on.</summary>
    public void Recount()
    {
        lock (_gate)
        {
            if (_ended || environment.Budgets is not { } budgets || Budget is { Principal: not null }) return;
            SessionBudget? budget = budgets.OfSession(Identity.Principal, Identity.ClientId);
            if (budget?.Principal is not { } principal) return;
            principal.Use(BudgetItem.Sessions, 1);
            principal.Use(BudgetItem.Subscriptions, _subscriptions.Count);
            principal.Use(BudgetItem.QueueBytes, _outgoing?.QueueBytes ?? 0);
            Budget = budget;
            if (_outgoing is not null) _outgoing.Budget = budget;
        }
    }

    /// <summary>Writes all of it again, for a checkpoint; under the registry's gate.</summary>
    /// <param name="detachedAt">When its connection ended, in milliseconds since 1970; 0 while it has one.</param>
    public void Checkpoint(long detachedAt)
    {
        lock (_gate)
        {
            if (_ended || Journal is null) return;
            List<KeptDelivery> deliveries = [];
            _outgoing?.CollectKept(deliveries);
            Journal.Snapshot(this, detachedAt, _subscriptions.Values, _received?.Kept ?? [], deliveries);
        }
    }

    /// <summary>Bytes that <see cref="Checkpoint"/> would write, about.</summary>
    public long KeptBytes
    {
        get { lock (_gate) return Journal is null ? 0 : SessionRecordBytes + (_outgoing?.KeptBytes ?? 0); }
    }

    /// <summary>Takes up what an earlier run of the broker left of it.</summary>
    /// <param name="received">Packet identifiers of unfinished QoS 2 publications of the client.</param>
    /// <param name="deliveries">What waits and what was in flight, in order, each with the reference of its message.</param>
    public void Restore(IReadOnlyCollection<ushort> received, IReadOnlyList<KeptDelivery> deliveries)
    {
        lock (_gate)
        {
            Journal = new SessionJournal(environment.Journal!, Number); // what was kept comes out of the journal
            foreach (ushort id in received) (_received ??= new ReceivedQos2()).Restore(id);
            foreach (KeptDelivery delivery in deliveries) Outgoing.Restore(delivery);
        }
    }

    /// <summary>A connection takes the session over; what is unfinished is sent again.</summary>
    public void Attach(ISessionConnection connection, AccessSubject subject, int window)
    {
        lock (_gate)
        {
            if (Expiry == TimeSpan.Zero) Journal = null;
            else if (environment.Journal is { } journal) Journal ??= new SessionJournal(journal, Number);
            _connection = connection;
            Subject = subject;
            _window = window;
            _outgoing?.BeginConnection(window);
            _received?.BeginConnection();
        }
    }

    /// <summary>
    /// The connection is gone: QoS 0 is dropped, and what other members of a shared group can have at once is taken out into
    /// <paramref name="shared"/>. False if another connection has the session by now.
    /// </summary>
    public bool Detach(ISessionConnection connection, List<Delivery> shared)
    {
        lock (_gate)
        {
            if (_connection != connection) return false;
            Release();
            _outgoing?.TakeShared(shared, except: this);
            return true;
        }
    }

    /// <summary>Another connection of the same client takes the session over; everything stays in it.</summary>
    public void HandOver()
    {
        lock (_gate) Release();
    }

    /// <summary>The session is over: releases everything, and returns its subscriptions for removal.</summary>
    public Subscription[] End(List<Delivery> shared)
    {
        lock (_gate)
        {
            _ended = true;
            _connection = null;
            Journal = null; // the end is one record
            _outgoing?.TakeShared(shared, except: null);
            _outgoing?.Clear();
            Subscription[] ended = _subscriptions.Take();
            Budget?.Use(BudgetItem.Subscriptions, -ended.Length);
            Budget?.Use(BudgetItem.Sessions, -1);
            Budget?.Principal?.Return();
            Budget = null;
            return ended;
        }
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => expired(this);

    /// <summary>Everything that is to leave; made when there is something.</summary>
    private Outgoing Outgoing => _outgoing ??= new Outgoing(this, environment, _subscriptions, _window);

    private void Release()
    {
        _connection = null;
        _outgoing?.EndConnection();
    }
}
