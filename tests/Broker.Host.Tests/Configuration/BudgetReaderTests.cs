using Broker.Core.Limits;
using Broker.Host.Configuration;

namespace Broker.Host.Tests.Configuration;

/// <summary>What clients, principals, addresses, endpoints and tenants may use, as the configuration says it.</summary>
public sealed class BudgetReaderTests
{
    [Fact]
    public void Everything_is_read_where_it_is_written()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson(
            """
            { "Broker": {
                "Limits": { "PerClient": { "MessageRate": 100 }, "PerPrincipal": { "Subscriptions": 7 }, "PerAddress": { "ConnectRate": 20 }, "Privileged": { "Users": ["op-*"], "Endpoints": "Mqtt" } },
                "Endpoints": { "Mqtt": { "Limits": { "Connections": 9 } } },
                "Tenants": { "acme": { "Users": "acme-*, boss", "Limits": { "RetainedBytes": 4096 } } } } }
            """);

        Assert.Empty(configuration.Faults);
        BudgetOptions budgets = configuration.Options.Broker.Budgets;
        Assert.Equal((100, 7, 20, 9), (budgets.PerClient.MessageRate, budgets.PerPrincipal.Subscriptions, budgets.PerAddress.ConnectRate, budgets.PerEndpoint["mqtt"].Connections));
        Assert.Equal(["op-*"], budgets.Privileged.Users);
        Assert.Equal(["Mqtt"], budgets.Privileged.Endpoints);
        TenantOptions tenant = Assert.Single(budgets.Tenants);
        Assert.Equal(("acme", 4096L), (tenant.Name, tenant.Limits.RetainedBytes));
        Assert.Equal(["acme-*", "boss"], tenant.Users);
    }

    [Theory]
    [InlineData("""{ "Tenants": { "acme": { "Users": "a", "Limits": { "QueueBits": 1 } } } }""", "Broker:Tenants:acme:Limits:QueueBits", "did you mean")]
    [InlineData("""{ "Tenants": { "a/b": { "Users": "a" } } }""", "Broker:Tenants:a/b", "one level of a topic")]
    [InlineData("""{ "Tenants": { "$a": { "Users": "a" } } }""", "Broker:Tenants:$a", "one level of a topic")]
    [InlineData("""{ "Tenants": { "acme": { "Limits": { "Sessions": 5 } } } }""", "Broker:Tenants:acme", "nobody is in it")]
    [InlineData("""{ "Tenants": { "acme": { "Endpoints": "Mqt" } } }""", "Broker:Tenants:acme:Endpoints", "did you mean Mqtt?")]
    [InlineData("""{ "Tenants": { "acme": { "Endpoints": "Mqtt" }, "bolt": { "Endpoints": "mqtt" } } }""", "Broker:Tenants:bolt:Endpoints", "tenant acme's already")]
    [InlineData("""{ "Tenants": { "acme": { "Users": "x*" }, "bolt": { "Users": "x*" } } }""", "Broker:Tenants:bolt:Users", "in tenant acme already")]
    [InlineData("""{ "Limits": { "Privileged": { "Endpoints": "Admin" } } }""", "Broker:Limits:Privileged:Endpoints", "no endpoint 'Admin'")]
    [InlineData("""{ "Limits": { "Connections": 16, "Privileged": { "Users": "op" } } }""", "Broker:Limits:ReservedConnections", "leaves nothing")]
    [InlineData("""{ "Limits": { "PerClient": { "Connections": 1 } } }""", "Broker:Limits:PerClient:Connections", "is not a key")]
    [InlineData("""{ "Limits": { "PerClient": 5 } }""", "Broker:Limits:PerClient", "this is a section")]
    [InlineData("""{ "Limits": { "PerPrincipal": { "MessageRate": 0 } } }""", "Broker:Limits:PerPrincipal:MessageRate", "a whole number from 1 to 100000000")]
    public void What_is_wrong_is_named_with_its_key(string broker, string key, string what)
    {
        string fault = ConfigurationCase.FromJson($$"""{ "Broker": {{broker}} }""").OnlyFault();

        Assert.StartsWith(key, fault, StringComparison.Ordinal);
        Assert.Contains(what, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_listed()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson("""{ "Broker": { "Tenants": { "a+": { "Endpoints": "None", "Limits": { "Sessions": 0, "Nonsense": 1 } } } } }""");

        Assert.Equal(4, configuration.Faults.Count);
    }
}
