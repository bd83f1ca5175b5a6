using Broker.Core.Security;

namespace Broker.Core.Limits;

/// <summary>All tenants, and who is in which. They are what they were at the start; only their limits change.</summary>
/// <remarks>Threading: immutable.</remarks>
internal sealed class Tenants
{
    private readonly Dictionary<string, Tenant> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tenant> _byEndpoint = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string User, Tenant Tenant)> _byUser = [];

    public Tenants(BudgetOptions options, BudgetScope scope)
    {
        foreach (TenantOptions one in options.Tenants)
        {
            var tenant = new Tenant(one, new Budget(scope, one.Name) { Bounds = one.Limits, IsPermanent = true });
            _byName.Add(one.Name, tenant);
            foreach (string endpoint in one.Endpoints) _byEndpoint[endpoint] = tenant;
            foreach (string user in one.Users) _byUser.Add((user, tenant));
        }
    }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _byName.Count == 0;

    /// <summary>Says in which tenant somebody is; false where endpoint and principal say two.</summary>
    /// <param name="endpoint">The endpoint that they came through.</param>
    /// <param name="principal">Who they are.</param>
    /// <param name="tenant">The tenant; null for none.</param>
    public bool TryFind(string endpoint, Principal principal, out Tenant? tenant)
    {
        tenant = null;
        if (IsEmpty) return true;
        Tenant? ofEndpoint = _byEndpoint.GetValueOrDefault(endpoint);
        Tenant? ofUser = _byUser.Find(pair => NamePattern.Matches(pair.User, principal.Name)).Tenant;
        tenant = ofUser ?? ofEndpoint;
        return ofUser is null || ofEndpoint is null || ofUser == ofEndpoint;
    }

    /// <summary>The tenant that a full client identifier belongs to, or null.</summary>
    public Tenant? OfClient(string clientId)
    {
        int end = IsEmpty ? -1 : clientId.IndexOf('/');
        return end < 0 ? null : _byName.GetValueOrDefault(clientId[..end]);
    }

    /// <summary>The tenant that a full topic belongs to, or null.</summary>
    public Tenant? OfTopic(ReadOnlySpan<byte> topic)
    {
        if (IsEmpty) return null;
        foreach (Tenant tenant in _byName.Values)
        {
            if (tenant.Holds(topic)) return tenant;
        }

        return null;
    }

    /// <summary>Other limits are in force.</summary>
    public void Use(BudgetOptions options)
    {
        foreach (TenantOptions one in options.Tenants)
        {
            if (_byName.TryGetValue(one.Name, out Tenant? tenant)) tenant.Budget.Bounds = one.Limits;
        }
    }
}
