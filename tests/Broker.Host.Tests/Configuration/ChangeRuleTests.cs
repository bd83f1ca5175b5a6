using Broker.Core.ChangeDetection;
using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Configuration;

public sealed class ChangeRuleTests
{
    [Fact]
    public void A_rule_is_read_with_everything_that_it_says()
    {
        HostConfiguration configuration = ConfigurationCase.FromJson("""
            {
              "Broker": {
                "ChangeOnly": {
                  "Rules": {
                    "Plant": { "Filter": "plant/+/temp", "Deadband": "2%", "Pointer": "/value", "MaxSilence": "00:01:00", "MinInterval": "00:00:00.5" },
                    "Doors": { "Filter": "doors/#", "Pointer": [ "/open", "/locked" ] }
                  }
                }
              }
            }
            """);

        Assert.Empty(configuration.Faults);
        Assert.Equal(["Plant", "Doors"], configuration.Options.Broker.ChangeRules.Select(rule => rule.Name));
        ChangeOptions plant = configuration.Options.Broker.ChangeRules[0].Options;
        Assert.Equal(new Deadband(0.02, IsRelative: true), plant.Deadband);
        Assert.Equal(["/value"], plant.Pointers.Select(pointer => pointer.Text));
        Assert.Equal(TimeSpan.FromMinutes(1), plant.MaxSilence);
        Assert.Equal(TimeSpan.FromSeconds(0.5), plant.MinInterval);
        ChangeOptions doors = configuration.Options.Broker.ChangeRules[1].Options;
        Assert.Equal(["/open", "/locked"], doors.Pointers.Select(pointer => pointer.Text));
        Assert.Null(doors.Deadband);
    }

    [Theory]
    [InlineData("bytes", 0, false)]
    [InlineData("json", 1, false)]
    [InlineData("number", 0, true)]
    [InlineData("NUMBER", 0, true)]
    public void Compare_says_how_values_are_compared(string compare, int pointers, bool asNumber)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:ChangeOnly:Rules:R:Filter", "t", "--Broker:ChangeOnly:Rules:R:Compare", compare);

        Assert.Empty(configuration.Faults);
        ChangeOptions options = configuration.Options.Broker.ChangeRules.Single().Options;
        Assert.Equal(pointers, options.Pointers.Count);
        Assert.Equal(asNumber, options.Deadband is not null);
    }

    [Theory]
    [InlineData("Filter", "plant/+x", "'plant/+x' is not allowed; allowed is a topic filter")]
    [InlineData("Filter", "$share/g/t", "'$share/g/t' is not allowed; allowed is a topic filter")]
    [InlineData("Filter", "$changes/t", "'$changes/t' is not allowed; allowed is a topic filter")]
    [InlineData("Deadband", "much", "'much' is not allowed; allowed is a number")]
    [InlineData("Deadband", "-1", "'-1' is not allowed; allowed is a number")]
    [InlineData("Pointer", "value", "'value' is not allowed; allowed is a JSON pointer")]
    [InlineData("Compare", "text", "'text' is not allowed; allowed is bytes, json, number")]
    [InlineData("MaxSilence", "30", "(seconds would be 00:00:30)")]
    [InlineData("MinIntervall", "00:00:01", "did you mean Broker:ChangeOnly:Rules:R:MinInterval?")]
    public void A_fault_in_a_rule_is_told_with_its_key_and_what_is_allowed(string option, string value, string message)
    {
        string[] filter = option == "Filter" ? [] : ["--Broker:ChangeOnly:Rules:R:Filter", "t"];

        string fault = ConfigurationCase.FromArguments([.. filter, $"--Broker:ChangeOnly:Rules:R:{option}", value]).OnlyFault();

        Assert.StartsWith($"Broker:ChangeOnly:Rules:R:{option} (argument --Broker:ChangeOnly:Rules:R:{option}):", fault, StringComparison.Ordinal);
        Assert.Contains(message, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bytes", "Deadband", "1", "does not go with Deadband and Pointer")]
    [InlineData("bytes", "Pointer", "/v", "does not go with Deadband and Pointer")]
    [InlineData("json", "Deadband", "1", "does not go with Deadband, which is about numbers")]
    public void What_contradicts_compare_is_a_fault(string compare, string option, string value, string message)
    {
        string fault = ConfigurationCase.FromArguments(
            "--Broker:ChangeOnly:Rules:R:Filter", "t", "--Broker:ChangeOnly:Rules:R:Compare", compare, $"--Broker:ChangeOnly:Rules:R:{option}", value).OnlyFault();

        Assert.Contains(message, fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_holds_for_every_subscriber_and_is_counted_by_its_name()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync(
            "--Broker:ChangeOnly:Rules:Plant:Filter", "plant/#", "--Broker:ChangeOnly:Rules:Plant:Compare", "number");
        await using WireClient subscriber = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("#");
        await using WireClient publisher = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        foreach (string value in new[] { "1", "1.0", "1", "2", "2.00" }) await publisher.PublishAsync("plant/t", value);
        foreach (string value in new[] { "1", "1" }) await publisher.PublishAsync("other", value);
        var seen = new List<string>();
        while (seen.Count < 4)
        {
            ServerPacket.Publish message = await subscriber.ExpectAsync<ServerPacket.Publish>();
            seen.Add($"{message.Topic}={message.Text}");
        }

        using var client = new HttpClient();
        Assert.Equal(["other=1", "other=1"], seen.Where(line => line.StartsWith("other", StringComparison.Ordinal)));
        Assert.Equal(["plant/t=1", "plant/t=2"], seen.Where(line => line.StartsWith("plant", StringComparison.Ordinal)));
        await Eventually.Until("three are counted as suppressed", async () =>
            (await client.GetStringAsync(broker.Http("/metrics"), Eventually.Deadline())).Split('\n').Any(line =>
                line.StartsWith("mqtt_changes_suppressed", StringComparison.Ordinal) && line.Contains("rule=\"Plant\"", StringComparison.Ordinal)
                && line.Split('}')[^1].Trim().Split(' ')[0] == "3"));
    }

    [Fact]
    public void A_rule_without_a_filter_is_a_fault()
    {
        string fault = ConfigurationCase.FromArguments("--Broker:ChangeOnly:Rules:R:Deadband", "1").OnlyFault();

        Assert.Contains("Broker:ChangeOnly:Rules:R:Filter", fault, StringComparison.Ordinal);
        Assert.Contains("a topic filter is needed", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_section_of_change_only_is_a_fault()
    {
        Assert.Contains("did you mean Broker:ChangeOnly:Rules?", ConfigurationCase.FromArguments("--Broker:ChangeOnly:Rule:R:Filter", "t").OnlyFault(), StringComparison.Ordinal);
    }
}
