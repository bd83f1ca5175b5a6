using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>Reads what clients, principals, addresses, endpoints and tenants may use, and who gets in when the broker is full.</summary>
internal sealed class BudgetReader(Settings settings, OptionsReader reader, List<ConfigurationFault> faults)
{
    /// <summary>The sections below <c>Broker:Limits</c> that are read here.</summary>
    public static readonly string[] Sections = [nameof(BudgetOptions.PerClient), nameof(BudgetOptions.PerPrincipal), nameof(BudgetOptions.PerAddress), nameof(BudgetOptions.Privileged)];

    /// <summary>The section below an endpoint, or a tenant, with its limits.</summary>
    public const string Limits = "Limits";

    private const string LimitSection = "Broker:Limits";
    private const string EndpointSection = "Broker:Endpoints";
    private const string TenantSection = "Broker:Tenants";

    /// <summary>Reads all of it.</summary>
    /// <param name="limits">The limits of the whole broker.</param>
    public BudgetOptions Read(BrokerLimits limits)
    {
        IReadOnlyList<string> endpoints = settings.Children(EndpointSection);
        var options = new BudgetOptions
        {
            PerClient = reader.Fill(new RateLimits(), $"{LimitSection}:{nameof(BudgetOptions.PerClient)}"),
            PerPrincipal = reader.Fill(new PrincipalLimits(), $"{LimitSection}:{nameof(BudgetOptions.PerPrincipal)}"),
            PerAddress = reader.Fill(new ConnectionLimits(), $"{LimitSection}:{nameof(BudgetOptions.PerAddress)}"),
            Privileged = reader.Fill(new PrivilegedOptions(), $"{LimitSection}:{nameof(BudgetOptions.Privileged)}"),
            PerEndpoint = ReadEndpoints(endpoints),
            Tenants = ReadTenants(endpoints),
        };
        CheckEndpoints($"{LimitSection}:{nameof(BudgetOptions.Privileged)}", options.Privileged.Endpoints, endpoints);
        bool hasPrivileged = options.Privileged.Endpoints.Count + options.Privileged.Users.Count > 0;
        if (hasPrivileged && limits.ReservedConnections >= limits.Connections)
        {
            Fault($"{LimitSection}:{nameof(BrokerLimits.ReservedConnections)}", $"'{limits.ReservedConnections}' leaves nothing of Limits:Connections ({limits.Connections}) for anybody else");
        }

        return options;
    }

    private Dictionary<string, ConnectionLimits> ReadEndpoints(IReadOnlyList<string> endpoints)
    {
        var read = new Dictionary<string, ConnectionLimits>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in endpoints) read[name] = reader.Fill(new ConnectionLimits(), $"{EndpointSection}:{name}:{Limits}");
        return read;
    }

    private List<TenantOptions> ReadTenants(IReadOnlyList<string> endpoints)
    {
        reader.ExpectSection(TenantSection);
        var tenants = new List<TenantOptions>();
        foreach (string name in settings.Children(TenantSection))
        {
            string path = $"{TenantSection}:{name}";
            TenantSettings members = reader.Fill(new TenantSettings(), path, Limits);
            CheckName(path, name);
            CheckEndpoints(path, members.Endpoints, endpoints);
            if (members.Endpoints.Count + members.Users.Count == 0) Fault(path, "nobody is in it; set Endpoints or Users");
            foreach (TenantOptions other in tenants)
            {
                foreach (string twice in members.Endpoints.Intersect(other.Endpoints, StringComparer.OrdinalIgnoreCase)) Fault($"{path}:Endpoints", $"'{twice}' is tenant {other.Name}'s already");
                foreach (string twice in members.Users.Intersect(other.Users, StringComparer.Ordinal)) Fault($"{path}:Users", $"'{twice}' is in tenant {other.Name} already");
            }

            tenants.Add(new TenantOptions(name) { Endpoints = members.Endpoints, Users = members.Users, Limits = reader.Fill(new TenantLimits(), $"{path}:{Limits}") });
        }

        return tenants;
    }

    private void CheckName(string path, string name)
    {
        bool isLevel = name.Length > 0 && name[0] != '$' && name.AsSpan().IndexOfAny("/+#") < 0 && !name.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter));
        if (!isLevel) Fault(path, "a tenant's name is one level of a topic: without /, +, #, white space, and not beginning with $");
    }

    private void CheckEndpoints(string path, IReadOnlyList<string> named, IReadOnlyList<string> endpoints)
    {
        foreach (string name in named.Where(name => !endpoints.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            string? nearest = Spelling.Nearest(name, [.. endpoints]);
            Fault($"{path}:Endpoints", $"there is no endpoint '{name}'{(nearest is null ? "" : $"; did you mean {nearest}?")}");
        }
    }

    private void Fault(string key, string message) => faults.Add(new(key, settings.OriginOf(key), message));
}
