using System.Net;
using System.Net.Sockets;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Telemetry;
using Broker.Core.Time;

namespace Broker.Core.Limits;

/// <summary>Who may use how much: what every client, principal, address, endpoint and tenant has.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class Budgets
{
    private const int Ipv6Prefix = 8;

    private readonly BudgetScope _clients;
    private readonly BudgetScope _principals;
    private readonly BudgetScope _addresses;
    private readonly BudgetScope _endpoints;
    private volatile Bounds _bounds;

    public Budgets(BudgetOptions options, BrokerMetrics metrics, IAudit audit, BrokerClock clock)
    {
        _clients = new BudgetScope("client", "Limits:PerClient", metrics, audit, clock);
        _principals = new BudgetScope("principal", "Limits:PerPrincipal", metrics, audit, clock);
        _addresses = new BudgetScope("address", "Limits:PerAddress", metrics, audit, clock);
        _endpoints = new BudgetScope("endpoint", "Endpoints:Limits", metrics, audit, clock);
        Tenants = new Tenants(options, new BudgetScope("tenant", "Tenants:Limits", metrics, audit, clock));
        _bounds = new Bounds(options);
    }

    /// <summary>Who gets in when the broker is full.</summary>
    public PrivilegedOptions Privileged => _bounds.Privileged;

    /// <summary>The tenants.</summary>
    public Tenants Tenants { get; }

    /// <summary>Other limits are in force; whoever is connected is to be adopted into them.</summary>
    public void Use(BudgetOptions options)
    {
        _bounds = new Bounds(options);
        _clients.Use(_ => _bounds.PerClient);
        _principals.Use(_ => _bounds.PerPrincipal);
        _addresses.Use(_ => _bounds.PerAddress);
        _endpoints.Use(_bounds.Of);
        Tenants.Use(options);
    }

    /// <summary>A connection comes: false if it is too much even to be told so, and has to be closed at once.</summary>
    /// <param name="info">Where from.</param>
    /// <param name="budget">What it uses; null where nothing is bounded.</param>
    public bool TryAccept(ConnectionInfo info, out ConnectionBudget? budget)
    {
        Bounds bounds = _bounds;
        budget = null;
        return TryAccept(_addresses.Rent(AddressOf(info.Remote), info.Remote is null ? null : bounds.PerAddress), ref budget)
            && TryAccept(_endpoints.Rent(info.Endpoint, bounds.Of(info.Endpoint)), ref budget);
    }

    /// <summary>The client of a connection is known: counts it as its client's, its principal's and its tenant's.</summary>
    /// <param name="budget">What the connection uses.</param>
    /// <param name="subject">Who it is.</param>
    /// <param name="clientId">The full client identifier.</param>
    /// <param name="replaces">Whether it takes the place of an earlier connection of the same client.</param>
    /// <returns><see cref="ReasonCode.Success"/>, or why it is refused.</returns>
    public ReasonCode TryEnter(ref ConnectionBudget? budget, AccessSubject subject, string clientId, bool replaces)
    {
        budget?.Belongs(subject);
        Bounds bounds = _bounds;
        ReasonCode reason = TryEnter(_clients.Rent(clientId, bounds.PerClient), ref budget, subject, replaces);
        if (reason == ReasonCode.Success) reason = TryEnter(_principals.Rent(subject.Principal.ToString(), bounds.PerPrincipal), ref budget, subject, replaces);
        if (reason == ReasonCode.Success) reason = TryEnter(subject.Tenant?.Budget, ref budget, subject, replaces);
        return reason;
    }

    /// <summary>Counts a connection where there was nothing bounded when it came.</summary>
    public void Adopt(ref ConnectionBudget? budget, ConnectionInfo info, AccessSubject? subject, string? clientId)
    {
        Bounds bounds = _bounds;
        Adopt(_addresses.Rent(AddressOf(info.Remote), info.Remote is null ? null : bounds.PerAddress), ref budget, subject);
        Adopt(_endpoints.Rent(info.Endpoint, bounds.Of(info.Endpoint)), ref budget, subject);
        if (subject is null || clientId is null) return;
        Adopt(_clients.Rent(clientId, bounds.PerClient), ref budget, subject);
        Adopt(_principals.Rent(subject.Principal.ToString(), bounds.PerPrincipal), ref budget, subject);
        budget?.Belongs(subject);
    }

    /// <summary>Whether somebody who has no connection to pause may publish so many bytes now.</summary>
    public bool TryPublish(AccessSubject subject, int bytes)
    {
        Budget? principal = _principals.Rent(subject.Principal.ToString(), _bounds.PerPrincipal);
        bool isPaid = principal?.TryCharge(bytes) != false;
        principal?.Return();
        return isPaid && subject.Tenant?.Budget.TryCharge(bytes) != false;
    }

    /// <summary>What a session uses; null where nothing is bounded.</summary>
    public SessionBudget? OfSession(Principal principal, string clientId)
    {
        Budget? own = _principals.Rent(principal.ToString(), _bounds.PerPrincipal);
        Tenant? tenant = Tenants.OfClient(clientId);
        return own is null && tenant is null ? null : new SessionBudget(own, tenant?.Budget);
    }

    private static bool TryAccept(Budget? rented, ref ConnectionBudget? budget)
    {
        if (rented is null || budget is { Denial: not ReasonCode.Success })
        {
            rented?.Return();
            return true;
        }

        budget ??= new ConnectionBudget();
        ReasonCode denial = budget.TryEnter(rented, null);
        return denial == ReasonCode.Success || budget.TryDeny(rented, denial);
    }

    private static ReasonCode TryEnter(Budget? rented, ref ConnectionBudget? budget, AccessSubject subject, bool replaces)
    {
        if (rented is null) return ReasonCode.Success;
        budget ??= new ConnectionBudget();
        budget.Belongs(subject);
        return budget.TryEnter(rented, subject, replaces);
    }

    private static void Adopt(Budget? rented, ref ConnectionBudget? budget, AccessSubject? subject)
    {
        if (rented is null) return;
        if (budget?.Has(rented) == true)
        {
            rented.Return();
            return;
        }

        (budget ??= new ConnectionBudget()).Adopt(rented);
    }

    private static string AddressOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address }) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[Ipv6Prefix..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private sealed class Bounds(BudgetOptions options)
    {
        public PrivilegedOptions Privileged { get; } = options.Privileged;

        public TenantLimits PerClient { get; } = TenantLimits.Of(options.PerClient);

        public TenantLimits PerPrincipal { get; } = TenantLimits.Of(options.PerPrincipal);

        public TenantLimits PerAddress { get; } = TenantLimits.Of(options.PerAddress);

        public TenantLimits? Of(string endpoint) => options.PerEndpoint.TryGetValue(endpoint, out ConnectionLimits? limits) ? TenantLimits.Of(limits) : null;
    }
}
