using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Tcp;

public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task One_connection_more_than_allowed_is_closed_at_once_and_the_others_live(string driver)
    {
        await using RunningBroker broker = await RunningBroker.StartOverAsync(driver, "--Broker:Limits:Connections", "2");
        await using WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await using WireClient second = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        await using WireClient third = await broker.OpenAsync();
        await third.ExpectEndAsync();

        await first.PingAsync();
        await second.PingAsync();
    }

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task A_place_that_gets_free_is_given_to_the_next(string driver)
    {
        await using RunningBroker broker = await RunningBroker.StartOverAsync(driver, "--Broker:Limits:Connections", "1");
        WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await first.DisposeAsync();
        await Eventually.Until("the first is gone", async () => await broker.ConnectionsAsync() == 0);

        await using WireClient second = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        await second.PingAsync();
    }

    [Fact]
    public async Task Web_sockets_count_too_and_are_told_503()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync("--Broker:Limits:Connections", "1");
        await using WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => WireClient.OpenWebSocketAsync(broker.Address("Http")));

        Assert.Contains("503", refused.Message, StringComparison.Ordinal);
        await first.PingAsync();
    }

    [Theory]
    [InlineData(null, 100_000, true, 100_000, 10_000)] // no limit known
    [InlineData(1_048_576L, 100_000, true, 100_000, 10_000)]
    [InlineData(20_120L, 100_000, true, 17_220, 2_460)]
    [InlineData(20_120L, 100_000, false, 19_680, 0)]
    [InlineData(20_120L, 1_000, false, 1_000, 0)]
    [InlineData(1_024L, 100_000, false, 584, 0)]
    [InlineData(220L, 100_000, false, 50, 0)]
    [InlineData(100L, 100_000, true, 1, 8)]
    public void Descriptors_that_are_left_are_shared_with_a_reserve(long? descriptors, int configured, bool hasHttp, int mqtt, int http)
    {
        Assert.Equal((mqtt, http), DescriptorLimit.Share(descriptors, open: 120, configured, hasHttp));
    }

    [Fact]
    public void The_soft_limit_of_this_process_is_raised_to_the_hard_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has /proc.");

        long? raised = DescriptorLimit.Raise();

        string[] line = File.ReadLines("/proc/self/limits").Single(one => one.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(line[4], line[3]);
        Assert.Equal(raised, long.Parse(line[3], System.Globalization.CultureInfo.InvariantCulture));
    }
}
