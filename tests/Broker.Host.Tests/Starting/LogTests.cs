using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Starting;

public sealed class LogTests
{
    [Theory]
    [InlineData("simple", @"x\u000d\u000aforged\u001b[2J")]
    [InlineData("systemd", @"x\u000d\u000aforged\u001b[2J")]
    [InlineData("json", @"x\r\nforged\u001B[2J")]
    public async Task What_clients_choose_stays_on_its_line(string formatter, string written)
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Logging:Console:FormatterName", formatter, "--Logging:LogLevel:Default", "Debug");

        await using WireClient client = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "x\r\nforged\u001b[2J" });

        await Eventually.Until("the client is told of", () => broker.Error.Contains(written, StringComparison.Ordinal));
        Assert.DoesNotContain("\nforged", broker.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(" forged", broker.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", broker.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing to do: ä€😀", "nothing to do: ä€😀")]
    [InlineData("\0\t\u007f\u0085", @"\u0000\u0009\u007f\u0085")]
    public void Control_characters_are_written_by_number(string text, string expected) => Assert.Equal(expected, OneLineFormatter.Escape(text));
}
