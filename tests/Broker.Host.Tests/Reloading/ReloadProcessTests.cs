using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Reloading;

/// <summary>The running program takes a new configuration, or keeps its own.</summary>
public sealed class ReloadProcessTests
{
    [Fact]
    public async Task SIGHUP_reloads_and_the_broker_goes_on()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        await broker.ReloadAsync("""{ "Broker": { "Limits": { "Connections": 12, "WaitingLogins": 7 }, "Endpoints": { "Mqtt": { "ValidatePayloadFormat": true } } } }""", "Changed: endpoints: Mqtt");
        await Eventually.Until("the limit is told", () => broker.Error.Contains("Changed: limits: Broker:Limits:Connections", StringComparison.Ordinal));
        await Eventually.Until("what takes effect later is told", () => broker.Error.Contains("next start: Broker:Limits:WaitingLogins", StringComparison.Ordinal));
        Assert.False(broker.Process.HasExited);
    }

    [Fact]
    public async Task A_faulty_configuration_is_refused_with_all_faults_and_the_broker_goes_on()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        await broker.ReloadAsync("{ \"Broker\": { \"Limits\": { \"Conections\": 12,\n \"PacketBytes\": 1 } } }", "Nothing was changed: the new configuration has 2 fault(s)");
        Assert.Contains("did you mean Broker:Limits:Connections?", broker.Error, StringComparison.Ordinal);
        Assert.False(broker.Process.HasExited);
    }

    [Fact]
    public async Task A_change_of_the_file_reloads_where_that_is_asked_for()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Reload:Watch", "true");

        broker.Folder.Write("appsettings.json", """{ "Broker": { "Endpoints": { "Mqtt": { "ValidatePayloadFormat": true } } } }""");

        await Eventually.Until("the change is told", () => broker.Error.Contains("Changed: endpoints: Mqtt", StringComparison.Ordinal));
    }
}
