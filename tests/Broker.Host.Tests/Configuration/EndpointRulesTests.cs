using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Security;

namespace Broker.Host.Tests.Configuration;

public sealed class EndpointRulesTests
{
    [Theory]
    [InlineData("mqtt://0.0.0.0:1883")]
    [InlineData("mqtt://*:1883")]
    [InlineData("mqtt://[::]:1883")]
    [InlineData("mqtt://192.168.1.5:1883")]
    public void An_endpoint_beyond_loopback_is_a_fault_that_says_what_to_add(string url)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:Url", url);

        Assert.Equal(2, configuration.Faults.Count);
        string fault = configuration.Faults[0].ToString();
        Assert.Contains("there are no access rules", configuration.Faults[1].Message, StringComparison.Ordinal);
        Assert.Contains(""" "Acl": { "Path": "acl.txt" }""", configuration.Faults[1].Message, StringComparison.Ordinal);
        Assert.StartsWith($"Broker:Endpoints:Mqtt:Url (argument --Broker:Endpoints:Mqtt:Url): '{url}' can be reached from other machines", fault, StringComparison.Ordinal);
        Assert.Contains("""add users ('Broker.Host user add NAME --file users') and "Auth": { "PasswordFile": "users" } to "Broker" in appsettings.json""", fault, StringComparison.Ordinal);
        Assert.Contains(""" "Auth": { "AllowAnonymous": true }""", fault, StringComparison.Ordinal);
        Assert.Contains("Broker__Auth__AllowAnonymous=true", fault, StringComparison.Ordinal);
        Assert.Contains("--Broker:Auth:AllowAnonymous true", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_http_endpoint_beyond_loopback_is_one_too_since_it_takes_websockets()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Endpoints:Http:Url", "http://0.0.0.0:8080");

        Assert.Equal(2, configuration.Faults.Count);
        Assert.All(configuration.Faults, fault => Assert.StartsWith("Broker:Endpoints:Http:Url ", fault.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void With_a_login_or_anonymous_clients_on_purpose_and_with_access_rules_it_is_none()
    {
        using var folder = new TempFolder();
        string[] open = ["--Broker:Endpoints:Mqtt:Url", "mqtt://0.0.0.0:1883"];
        string[] rules = ["--Broker:Acl:Path", folder.Write("acl.txt", "everyone\n  allow * #\n")];
        string[] users = ["--Broker:Auth:PasswordFile", folder.Write("users", TestUsers.Text)];
        string[] anonymous = ["--Broker:Auth:AllowAnonymous", "true"];

        Assert.Empty(ConfigurationCase.FromArguments([.. open, .. rules, .. users]).Faults);
        Assert.Empty(ConfigurationCase.FromArguments([.. open, .. rules, .. anonymous]).Faults);
        Assert.Contains("there are no access rules", ConfigurationCase.FromArguments([.. open, .. users]).OnlyFault(), StringComparison.Ordinal);
        Assert.Contains("there are no access rules", ConfigurationCase.FromArguments([.. open, .. anonymous]).OnlyFault(), StringComparison.Ordinal);
        Assert.Contains("nothing under Broker:Auth says who may connect", ConfigurationCase.FromArguments([.. open, .. rules]).OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_allowed_is_a_fault_as_long_as_nobody_can_say_who_he_is()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Auth:AllowAnonymous", "false");

        Assert.Equal(2, configuration.Faults.Count);
        Assert.All(configuration.Faults, fault => Assert.Contains("nobody could connect", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_endpoints_on_one_address_are_a_fault_that_names_both()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Other:Url", "mqtt://localhost:1883").OnlyFault();

        Assert.Contains("'mqtt://localhost:1883' claims the same address and port as Broker:Endpoints:Mqtt:Url ('mqtt://127.0.0.1:1883')", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_without_a_url_is_a_fault()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Other:ValidatePayloadFormat", "true").OnlyFault();

        Assert.StartsWith("Broker:Endpoints:Other (argument --Broker:Endpoints:Other:ValidatePayloadFormat): has no Url", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_endpoint_turned_off_is_a_fault()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Http:Url", "", "--Broker:Endpoints:Mqtt:Url", "").OnlyFault();

        Assert.Contains("every endpoint is turned off", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("é")]
    public void A_name_that_would_confuse_logs_is_a_fault(string name)
    {
        string fault = ConfigurationCase.FromArguments($"--Broker:Endpoints:{name}:Url", "mqtt://127.0.0.1:0").OnlyFault();

        Assert.Contains("a name may have letters, digits, - and _ only", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dashboard.example")]
    [InlineData("https://dashboard.example/")]
    [InlineData("https://dashboard.example/path")]
    [InlineData("mqtt://dashboard.example")]
    [InlineData("null")]
    public void An_origin_that_no_browser_would_send_is_a_fault(string origin)
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Http:AllowedOrigins:0", origin).OnlyFault();

        Assert.Contains($"'{origin}' is not allowed; allowed is * or an origin", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Origins_on_an_endpoint_without_websockets_are_a_fault()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:AllowedOrigins:0", "*").OnlyFault();

        Assert.Contains("is only for http:// and https://", fault, StringComparison.Ordinal);
    }
}
