using Broker.Core.Limits;
using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Configuration;

public sealed class LayeringTests
{
    [Fact]
    public void Nothing_configured_means_mqtt_on_1883_and_http_on_8080_for_loopback()
    {
        HostConfiguration configuration = ConfigurationCase.From();

        Assert.Empty(configuration.Faults);
        Assert.Equal(["Mqtt mqtt://127.0.0.1:1883", "Http http://127.0.0.1:8080"], configuration.Endpoints.Select(one => $"{one.Name} {one.Url}"));
        Assert.Equal(new BrokerLimits(), configuration.Options.Broker.Limits);
        Assert.Null(configuration.Options.Auth.AllowAnonymous);
    }

    [Fact]
    public void Arguments_win_over_environment_over_working_directory_over_the_programs_folder()
    {
        using var program = new TempFolder();
        using var working = new TempFolder();
        program.Write("appsettings.json", """{ "Broker": { "Limits": { "Connections": 1, "Inflight": 1, "Sessions": 1, "TopicLevels": 1 } } }""");
        working.Write("appsettings.json", """{ "Broker": { "Limits": { "Inflight": 2, "Sessions": 2, "TopicLevels": 2 } } }""");
        var environment = new Dictionary<string, string> { ["Broker__Limits__Sessions"] = "3", ["BROKER__LIMITS__TOPICLEVELS"] = "3" };

        HostConfiguration configuration = ConfigurationCase.From(["--Broker:Limits:TopicLevels", "4"], environment, [program.Path, working.Path]);

        Assert.Empty(configuration.Faults);
        BrokerLimits limits = configuration.Options.Broker.Limits;
        Assert.Equal((1, 2, 3, 4), (limits.Connections, limits.Inflight, limits.Sessions, limits.TopicLevels));
    }

    [Fact]
    public void The_same_folder_twice_is_read_once()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", """{ "Broker": { "Limits": { "Connections": "x" } } }""");

        HostConfiguration configuration = ConfigurationCase.From(folders: [folder.Path, folder.Path]);

        Assert.Single(configuration.Faults);
    }

    [Fact]
    public void The_stage_of_the_environment_has_a_file_of_its_own()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", """{ "Broker": { "Limits": { "Connections": 1 } } }""");
        folder.Write("appsettings.Staging.json", """{ "Broker": { "Limits": { "Connections": 2 } } }""");
        folder.Write("appsettings.Production.json", """{ "Broker": { "Limits": { "Connections": 3 } } }""");

        HostConfiguration staging = ConfigurationCase.From(environment: new() { ["DOTNET_ENVIRONMENT"] = "Staging" }, folders: [folder.Path]);
        HostConfiguration unset = ConfigurationCase.From(folders: [folder.Path]);

        Assert.Equal(2, staging.Options.Broker.Limits.Connections);
        Assert.Equal(3, unset.Options.Broker.Limits.Connections);
    }

    [Theory]
    [InlineData("--Broker:Limits:Connections", "7")]
    [InlineData("--Broker:Limits:Connections=7")]
    [InlineData("--broker:limits:connections=7")]
    [InlineData("/Broker:Limits:Connections", "7")]
    [InlineData("/Broker:Limits:Connections=7")]
    [InlineData("Broker:Limits:Connections=7")]
    public void An_argument_may_be_written_in_every_way_that_dotnet_has(params string[] arguments)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(arguments);

        Assert.Empty(configuration.Faults);
        Assert.Equal(7, configuration.Options.Broker.Limits.Connections);
    }

    [Fact]
    public void Json_may_have_comments_trailing_commas_a_byte_order_mark_and_colons_in_names()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson("\uFEFF" + """
            {
              // a comment
              "Broker:Limits": { "Connections": 7, },
              "Broker": { "Auth": { "AllowAnonymous": true }, /* another */ "SysInterval": "00:00:01" },
            }
            """);

        Assert.Empty(configuration.Faults);
        Assert.Equal(7, configuration.Options.Broker.Limits.Connections);
        Assert.True(configuration.Options.Auth.AllowAnonymous);
        Assert.Equal(TimeSpan.FromSeconds(1), configuration.Options.Broker.SysInterval);
    }

    [Fact]
    public void An_empty_url_turns_an_endpoint_off()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Endpoints:Http:Url", "");

        Assert.Empty(configuration.Faults);
        Assert.Equal(["Mqtt"], configuration.Endpoints.Select(one => one.Name));
    }

    [Fact]
    public void A_url_of_null_turns_an_endpoint_off()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson("""{ "Broker": { "Endpoints": { "Http": { "Url": null } } } }""");

        Assert.Empty(configuration.Faults);
        Assert.Equal(["Mqtt"], configuration.Endpoints.Select(one => one.Name));
    }

    [Fact]
    public void A_value_of_null_means_the_default()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson("""{ "Broker": { "Limits": { "Connections": null } } }""");

        Assert.Empty(configuration.Faults);
        Assert.Equal(new BrokerLimits().Connections, configuration.Options.Broker.Limits.Connections);
    }

    [Fact]
    public void More_endpoints_may_be_added_under_any_name()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            "--Broker:Endpoints:Second:Url", "mqtt://[::1]:2883", "--Broker:Endpoints:Second:ValidatePayloadFormat", "true");

        Assert.Empty(configuration.Faults);
        Assert.Equal("mqtt://[::1]:2883", configuration.Endpoints[2].Url.ToString());
        Assert.True(configuration.Endpoints[2].Options.ValidatePayloadFormat);
        Assert.False(configuration.Endpoints[0].Options.ValidatePayloadFormat);
    }

    [Theory]
    [InlineData("drop-oldest", OverflowPolicy.DropOldest)]
    [InlineData("DropOldest", OverflowPolicy.DropOldest)]
    [InlineData("refuse", OverflowPolicy.Refuse)]
    public void Names_of_choices_are_written_with_hyphens_or_without(string text, OverflowPolicy policy)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Limits:Overflow", text);

        Assert.Empty(configuration.Faults);
        Assert.Equal(policy, configuration.Options.Broker.Limits.Overflow);
    }

    [Fact]
    public void Origins_are_a_list_in_json_and_may_be_one_variable()
    {
        HostConfiguration json = ConfigurationCase.FromJson(
            """{ "Broker": { "Endpoints": { "Http": { "AllowedOrigins": ["https://a.example", "https://b.example:8443"] } } } }""");
        HostConfiguration variable = ConfigurationCase.FromEnvironment("Broker__Endpoints__Http__AllowedOrigins", "https://a.example, https://b.example:8443");

        Assert.Empty(json.Faults);
        Assert.Empty(variable.Faults);
        Assert.Equal(["https://a.example", "https://b.example:8443"], json.Endpoints[1].Options.AllowedOrigins);
        Assert.Equal(["https://a.example", "https://b.example:8443"], variable.Endpoints[1].Options.AllowedOrigins);
    }

    [Fact]
    public void A_variable_that_is_just_called_broker_is_somebody_elses()
    {
        HostConfiguration configuration = ConfigurationCase.FromEnvironment("BROKER", "tcp://10.0.0.1:1883");

        Assert.Empty(configuration.Faults);
    }

    [Fact]
    public void Variables_that_orchestrators_make_for_a_service_called_broker_are_not_ours()
    {
        HostConfiguration configuration = ConfigurationCase.From(environment: new()
        {
            ["BROKER_PORT"] = "tcp://10.0.0.1:1883",
            ["BROKER_SERVICE_HOST"] = "10.0.0.1",
            ["BROKER_PORT_1883_TCP_ADDR"] = "10.0.0.1",
        });

        Assert.Empty(configuration.Faults);
    }
}
