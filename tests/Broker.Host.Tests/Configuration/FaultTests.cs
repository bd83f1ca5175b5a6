using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Configuration;

public sealed class FaultTests
{
    [Theory]
    [InlineData("Broker:Limits:Conections", "Broker:Limits:Connections")]
    [InlineData("Broker:Limits:Inflght", "Broker:Limits:Inflight")]
    [InlineData("Broker:Limits:MaxConnections", "Broker:Limits:Connections")]
    [InlineData("Broker:Limit:Connections", "Broker:Limits")]
    [InlineData("Broker:Endpoint:Mqtt:Url", "Broker:Endpoints")]
    [InlineData("Broker:Auth:AllowAnonymus", "Broker:Auth:AllowAnonymous")]
    [InlineData("Broker:Endpoints:Mqtt:Ulr", "Broker:Endpoints:Mqtt:Url")]
    [InlineData("Broker:Endpoints:Mqtt:Certificate:KeyPth", "Broker:Endpoints:Mqtt:Certificate:KeyPath")]
    [InlineData("Broker:SysIntervall", "Broker:SysInterval")]
    [InlineData("Broker:Connections", "Broker:Limits:Connections")]
    public void A_misspelt_key_is_a_fault_that_says_what_was_meant(string key, string meant)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments($"--{key}", "1");

        Assert.Contains(configuration.Faults, fault => fault.ToString().Contains($"is not a key; did you mean {meant}?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Broker:Bridges:Url")]
    public void What_this_version_does_not_have_is_not_taken_in_silence(string key)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments($"--{key}", "x");

        Assert.Contains("is not a key; allowed here: Endpoints, Limits, ", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Broker:Limits:Connections", "many", "a whole number from 1 to 10000000")]
    [InlineData("Broker:Limits:Connections", "1.5", "a whole number")]
    [InlineData("Broker:Limits:Connections", "1e3", "a whole number")]
    [InlineData("Broker:Limits:Connections", "", "a whole number")]
    [InlineData("Broker:Limits:Connections", "99999999999999999999", "a whole number")]
    [InlineData("Broker:Limits:QueueBytes", "64MB", "a whole number from 1024 to 1099511627776")]
    [InlineData("Broker:Limits:ConnectTimeout", "5s", "a time span from 00:00:00.1000000 to 00:10:00")]
    [InlineData("Broker:Limits:ConnectTimeout", "", "a time span")]
    [InlineData("Broker:Limits:Overflow", "drop", "drop-newest, drop-oldest, refuse")]
    [InlineData("Broker:Limits:Overflow", "1", "drop-newest, drop-oldest, refuse")]
    [InlineData("Broker:Limits:Overflow", "DropNewest,Refuse", "drop-newest, drop-oldest, refuse")]
    [InlineData("Broker:Auth:AllowAnonymous", "yes", "true or false")]
    [InlineData("Broker:Endpoints:Mqtt:ValidatePayloadFormat", "1", "true or false")]
    public void A_value_that_cannot_be_read_is_a_fault_that_says_what_is_allowed(string key, string value, string allowed)
    {
        string fault = ConfigurationCase.FromArguments($"--{key}", value).OnlyFault();

        Assert.StartsWith($"{key} (argument --{key}): '{value}' is not allowed; allowed is {allowed}", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_number_is_no_time_since_it_would_be_days()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Limits:SessionExpiry", "30").OnlyFault();

        Assert.Contains("(seconds would be 00:00:30)", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_listed_at_once_each_with_where_it_comes_from()
    {
        using var folder = new TempFolder();
        string path = folder.Write("appsettings.json", """
            {
              "Broker": {
                "Limits": {
                  "Connections": 0,
                  "TopicLevel": 5
                }
              }
            }
            """);
        var environment = new Dictionary<string, string> { ["Broker__Limits__Inflight"] = "-1" };

        HostConfiguration configuration = ConfigurationCase.From(["--Broker:SysInterval", "never", "--nonsense"], environment, [folder.Path]);

        Assert.Equal(
            [
                "--nonsense (argument): is not understood; see --help",
                $"Broker:Limits:Connections ({path}:4): '0' is not allowed; allowed is a whole number from 1 to 10000000",
                $"Broker:Limits:TopicLevel ({path}:5): is not a key; did you mean Broker:Limits:TopicLevels?",
                "Broker:Limits:Inflight (environment variable Broker__Limits__Inflight): '-1' is not allowed; allowed is a whole number from 1 to 65535",
                "Broker:SysInterval (argument --Broker:SysInterval): 'never' is not allowed; allowed is a time span from 00:00:00 to 1.00:00:00, written [days.]hours:minutes:seconds",
            ],
            configuration.Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void A_value_is_blamed_on_the_layer_that_it_came_from()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", """{ "Broker": { "Limits": { "Connections": 5 } } }""");

        HostConfiguration configuration = ConfigurationCase.From(environment: new() { ["BROKER__LIMITS__CONNECTIONS"] = "x" }, folders: [folder.Path]);

        Assert.Contains("(environment variable BROKER__LIMITS__CONNECTIONS)", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_faulty_value_that_a_later_layer_replaces_is_none()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", """{ "Broker": { "Limits": { "Connections": "x" } } }""");

        HostConfiguration configuration = ConfigurationCase.From(["--Broker:Limits:Connections", "5"], folders: [folder.Path]);

        Assert.Empty(configuration.Faults);
    }

    [Theory]
    [InlineData("""{ "Broker": { "Limits": 5 } }""", "Broker:Limits", "this is a section")]
    [InlineData("""{ "Broker": { "Endpoints": { "Mqtt": "mqtt://127.0.0.1:1" } } }""", "Broker:Endpoints:Mqtt", "this is a section")]
    [InlineData("""{ "Broker": 5 }""", "Broker", "this is a section")]
    [InlineData("""{ "Broker": { "Limits": { "Connections": { "Max": 5 } } } }""", "Broker:Limits:Connections", "is a single value: a whole number")]
    [InlineData("""{ "Broker": { "Limits": { "Connections": [5] } } }""", "Broker:Limits:Connections", "is a single value: a whole number")]
    public void A_value_in_the_place_of_a_section_is_a_fault_and_the_other_way_round(string json, string key, string what)
    {
        HostConfiguration configuration = ConfigurationCase.FromJson(json);

        Assert.Contains(configuration.Faults, fault => fault.Key == key && fault.Message.Contains(what, StringComparison.Ordinal) && fault.Origin is not null);
    }

    [Theory]
    [InlineData("""{ "Logging": { "LogLevel": { "Default": "Infomation" } } }""")]
    [InlineData("""{ "Logging": { "Console": { "LogLevel": { "Broker": "loud" } } } }""")]
    public void A_log_level_that_is_none_is_a_fault(string json)
    {
        Assert.Contains("allowed is Trace, Debug, Information, Warning, Error, Critical, None", ConfigurationCase.FromJson(json).OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Brokr": { "Limits": { "Connections": 5 } } }""", "Broker:Limits:Connections")]
    [InlineData("""{ "Limits": { "Connections": 5 } }""", "Broker:Limits:Connections")]
    public void A_section_that_lies_beside_broker_is_a_fault(string json, string meant)
    {
        Assert.Contains($"is not a key; did you mean {meant}?", ConfigurationCase.FromJson(json).OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_programs_sections_and_variables_are_none_of_our_business()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", """{ "Serilog": { "MinimumLevel": "Debug" }, "AllowedHosts": "*" }""");

        HostConfiguration configuration = ConfigurationCase.From(environment: new() { ["LIMITS__SIZE"] = "5", ["ASPNETCORE_HTTP_PORTS"] = "8080" }, folders: [folder.Path]);

        Assert.Empty(configuration.Faults);
    }

    [Fact]
    public void Two_variables_for_one_key_are_a_fault()
    {
        HostConfiguration configuration = ConfigurationCase.From(environment: new() { ["Broker__Limits__Connections"] = "5", ["BROKER__LIMITS__CONNECTIONS"] = "6" });

        Assert.Contains("is set twice", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_never_shows_in_a_fault()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Password", "s3cret-s3cret",
            "--Broker:Endpoints:Mqtt:Certificate:Path", BrokerProcess.Executable);

        Assert.DoesNotContain("s3cret-s3cret", configuration.OnlyFault(), StringComparison.Ordinal);
    }
}
