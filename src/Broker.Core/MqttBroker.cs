using System.Reflection;
using Broker.Core.ChangeDetection;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Polling;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Core;

/// <summary>The broker: builds its parts and holds them together. It opens no socket; transports bring it connections.</summary>
/// <remarks>Threading: <see cref="Accept"/> from any thread; <see cref="Start"/> and <see cref="StopAsync"/> once each.</remarks>
public sealed class MqttBroker : IDisposable
{
    private readonly BrokerContext _context;
    private readonly Heartbeat _heartbeat;
    private readonly SysTopics _sysTopics;
    private Restorer? _restorer;
    private readonly Checkpointer? _checkpointer;

    /// <summary>Builds a broker; it does nothing before <see cref="Start"/>.</summary>
    public MqttBroker(MqttBrokerOptions options, BrokerParts parts)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(parts);
        var limits = new LimitsInForce(options.Limits);
        ILogger logger = parts.LoggerFactory.CreateLogger("Broker");
        var clock = new BrokerClock(parts.Time);
        var wheel = new TimingWheel();
        IAuthorizer authorizer = parts.Authorizer is AllowAll ? parts.Authorizer : new AccessGuard(parts.Authorizer, parts.Audit, clock, logger);
        var metrics = new BrokerMetrics();
        var budgets = new Budgets(options.Budgets, metrics, parts.Audit, clock);
        var messages = new MessagePool();
        Journal? journal = parts.Store.IsDurable ? new Journal(parts.Store, options.Store, clock) : null;
        var retained = new RetainedMessages(limits, wheel, (ulong)parts.Random.NextInt64(), journal, budgets.Tenants);
        var values = new LastValues(limits, new ChangeRules(options.ChangeRules), messages, (ulong)parts.Random.NextInt64(), (ulong)parts.Random.NextInt64());
        var environment = new SessionEnvironment(limits, clock, wheel, authorizer, values, metrics, logger, parts.Audit, journal, budgets);
        var subscriptions = new Subscriptions((ulong)parts.Random.NextInt64(), environment);
        var fanOut = new FanOut(values, subscriptions, metrics, clock, journal);
        var router = new MessageRouter(limits, authorizer, subscriptions, retained, fanOut, messages, clock, journal);
        var wills = new Wills(router, journal);
        ClientLifecycle? lifecycle = null;
        var sessions = new SessionRegistry(wheel, environment) { Expired = session => lifecycle!.Expire(session) }; // set before anything can expire
        var presence = new Presence(limits, sessions, router, clock);
        lifecycle = new ClientLifecycle(sessions, subscriptions, wills, presence, metrics, journal);
        _context = new BrokerContext
        {
            LimitsInForce = limits,
            Budgets = budgets,
            Overload = new Overload(limits, parts.Load, wheel, metrics, parts.Audit, clock, logger),
            Clock = clock,
            Wheel = wheel,
            Metrics = metrics,
            Logger = logger,
            Authenticator = parts.Authenticator,
            EnhancedAuthenticators = parts.EnhancedAuthenticators,
            Authorizer = authorizer,
            Audit = parts.Audit,
            Store = parts.Store,
            Journal = journal,
            Messages = messages,
            Retained = retained,
            Values = values,
            Subscriptions = subscriptions,
            Router = router,
            Wills = wills,
            Lifecycle = lifecycle,
            Connections = new ConnectionRegistry(limits, logger, parts.Audit, budgets),
            ClientIdentifiers = new ClientIdentifiers(parts.Random),
        };
        _heartbeat = new Heartbeat(parts.Time, clock, wheel, logger);
        _sysTopics = new SysTopics(_context, sessions, options.SysInterval, Version);
        metrics.Observe(
            connections: () => _context.Connections.Count,
            sessions: () => sessions.Count,
            subscriptions: () => subscriptions.Count,
            retained: () => retained.Count,
            retainedBytes: () => retained.Bytes);
        if (journal is not null)
        {
            _restorer = new Restorer(_context, sessions, presence);
            _checkpointer = new Checkpointer(_context, sessions, journal);
        }

        Polling = new TopicPolling(new PollingParts(
            limits, authorizer, values, router, parts.Store, clock, wheel, parts.Random, new ValueTagger(values.DigestKey), budgets));
        metrics.ObservePolling(() => Polling.WaitingCount);
        metrics.ObserveChanges(() => values.Rules, () => values.Count, () => values.Bytes);
    }

    /// <summary>The broker's version, e.g. <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(MqttBroker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => _context.Connections.Count;

    /// <summary>The broker for callers that are no MQTT clients.</summary>
    public TopicPolling Polling { get; }

    /// <summary>The parts, for tests that look inside.</summary>
    internal BrokerContext Context => _context;

    /// <summary>What was found in the store at the start; null before that, and without a store.</summary>
    public RecoverySummary? Recovery { get; private set; }

    /// <summary>Takes up what the store has of earlier runs, then starts the heartbeat and <c>$SYS</c>.</summary>
    /// <exception cref="InvalidDataException">The store is damaged, or a newer broker wrote it.</exception>
    public void Start()
    {
        if (_context.Journal is { } journal)
        {
            Recovery = _restorer!.Run(journal); // a journal has both
            _restorer = null; // it holds all that was read
            _checkpointer!.Start(Recovery.Bytes);
        }

        _heartbeat.Start();
        _sysTopics.Start();
        _context.Overload.Start();
    }

    /// <summary>Takes a new connection; null if there are too many or the broker stops: then close the socket at once.</summary>
    /// <param name="transport">What carries it.</param>
    /// <param name="info">What is known of it.</param>
    public ClientConnection? Accept(ITransport transport, ConnectionInfo info)
    {
        bool isHeard = _context.Budgets.TryAccept(info, out ConnectionBudget? budget);
        bool isRefused = Refuses(info.Endpoint);
        bool mayBePrivileged = _context.Budgets.Privileged.Users.Count > 0; // who it is shows at CONNECT
        if (isHeard && isRefused) isHeard = _context.Overload.TryRefuse(ref budget, mayBePrivileged);
        if (!isHeard)
        {
            _context.Metrics.Rejected();
            budget?.Return();
            return null;
        }

        var connection = new ClientConnection(_context, transport, info) { NeedsPrivilege = isRefused && mayBePrivileged };
        connection.Budget = budget;
        if (_context.Connections.TryAdd(connection))
        {
            _context.Metrics.Accepted();
            return connection;
        }

        _context.Metrics.Rejected();
        budget?.Return();
        _context.Wheel.Cancel(connection);
        return null;
    }

    /// <summary>
    /// The authorizer decides otherwise from now on. What it takes away is gone without this call, since it is asked for every
    /// message; after it, change-only subscriptions also get the last values that were kept from them and no longer have to be.
    /// </summary>
    public void RightsChanged() => _context.Lifecycle.RightsChanged();

    /// <summary>What the broker does without because it has too much to do.</summary>
    public OverloadLevel Overload => _context.Overload.Level;

    /// <summary>Whether a caller that is no MQTT client is to be refused because of overload.</summary>
    /// <param name="endpoint">The endpoint that it came through.</param>
    public bool Refuses(string endpoint) => Overload != OverloadLevel.None && !_context.Budgets.Privileged.HasEndpoint(endpoint);

    /// <summary>Whether an MQTT client that comes over another protocol is to be refused because of overload before its CONNECT is there.</summary>
    /// <param name="endpoint">The endpoint that it came through.</param>
    public bool RefusesUnheard(string endpoint) => Refuses(endpoint) && _context.Budgets.Privileged.Users.Count == 0;

    /// <summary>Says in which tenant somebody is; false where the endpoint is one tenant's and the principal another's.</summary>
    public bool TryFindTenant(string endpoint, Principal principal, out Tenant? tenant) => _context.Budgets.Tenants.TryFind(endpoint, principal, out tenant);

    /// <summary>Ends connections whose clients lost what let them in, with 0x87; sessions stay.</summary>
    /// <param name="who">Whether a client is one of them; called for every one, on this thread.</param>
    /// <param name="text">Why, in words.</param>
    /// <returns>How many.</returns>
    public int Expel(Func<AccessSubject, bool> who, string text)
    {
        int count = 0;
        foreach (ClientConnection connection in _context.Connections.Snapshot())
        {
            if (connection.Session?.Subject is not { } subject || !who(subject)) continue;
            connection.Close(CloseReason.Kicked, Protocol.ReasonCode.NotAuthorized, text);
            count++;
        }

        return count;
    }

    /// <summary>Ends the connections that came through an endpoint, with 0x98, whether they said CONNECT already or not; sessions stay.</summary>
    /// <param name="endpoint">The endpoint's name. Nothing may be accepted there any more.</param>
    /// <param name="text">Why, in words.</param>
    /// <returns>How many.</returns>
    public int CloseEndpoint(string endpoint, string text)
    {
        int count = 0;
        foreach (ClientConnection connection in _context.Connections.Snapshot())
        {
            if (!connection.Info.Endpoint.Equals(endpoint, StringComparison.OrdinalIgnoreCase)) continue;
            connection.Close(CloseReason.Kicked, text);
            count++;
        }

        return count;
    }

    /// <summary>
    /// Other limits are in force from now on. What a client was told at CONNECT (the largest packet, Receive Maximum, topic aliases) holds as
    /// long as its connection; everything else holds at once. Nobody is disconnected and nothing is dropped because a bound was lowered:
    /// there is nothing more until enough is gone. Tenants stay who they were.
    /// </summary>
    public void Use(BrokerLimits limits, BudgetOptions budgets)
    {
        _context.LimitsInForce.Current = limits;
        _context.Budgets.Use(budgets);
        foreach (ClientConnection connection in _context.Connections.Snapshot()) connection.AdoptBudgets();
        _context.Lifecycle.LimitsChanged();
    }

    /// <summary>
    /// Other change-only rules are in force from now on, for all topics. Where they ask for something else than before, the next value of
    /// the topic goes to everybody who may have it, and is what later ones are compared with; what a minimum interval held back goes out.
    /// Rules of the same name go on counting. No subscription ends, and no last value is forgotten.
    /// </summary>
    /// <returns>Of how many topics that are known the rules changed.</returns>
    public int Use(IReadOnlyList<ChangeRule> rules)
    {
        HashSet<TopicState> changed = _context.Values.Use(rules);
        if (changed.Count > 0) _context.Lifecycle.RulesChanged(changed);
        return changed.Count;
    }

    /// <summary>
    /// Takes no more connections, says goodbye to those that are open (DISCONNECT 0x8B to MQTT 5 clients, after what they could
    /// still be sent), and waits until their transports are gone; when the token fires, the rest is cut off.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Polling.Close();
        ClientConnection[] open = _context.Connections.Close();
        foreach (ClientConnection connection in open) connection.Close(CloseReason.Shutdown, "The broker stops");
        try
        {
            await _context.Connections.WhenEmpty().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            foreach (ClientConnection connection in open) connection.Abort();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _heartbeat.Dispose();
        _context.Metrics.Dispose();
    }
}
