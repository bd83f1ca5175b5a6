using System.Collections.Concurrent;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>Last values, kept at hand.</summary>
public sealed class MirrorTests
{
    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task A_mirror_has_the_initial_values_then_the_changes_then_the_removals(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await client.PublishAsync("plant/1", 1, PublishOptions.Retained);
        await client.PublishAsync("plant/2", 2, PublishOptions.Retained);
        await using Mirror<int> mirror = client.Mirror<int>("plant/#");
        var changes = new ConcurrentQueue<(string Topic, int Value, bool IsRemoved)>();
        mirror.Changed += (_, change) => changes.Enqueue((change.Topic, change.Value, change.IsRemoved));

        await mirror.WaitForAsync("plant/1", cancellationToken: Eventually.Deadline());
        await mirror.WaitForAsync("plant/2", cancellationToken: Eventually.Deadline());
        await client.PublishAsync("plant/1", 11);
        await mirror.WaitForAsync("plant/1", value => value == 11, Eventually.Deadline());
        await client.PublishAsync("plant/2", "", PublishOptions.Retained);
        await Eventually.Until("it is removed", () => !mirror.ContainsKey("plant/2"));

        Assert.Equal([new("plant/1", 11)], mirror);
        Assert.Equal(11, mirror["plant/1"]);
        Assert.NotNull(mirror.ChangedAt("plant/1"));
        Assert.Equal([("plant/1", 1, false), ("plant/1", 11, false)], changes.Where(change => change.Topic == "plant/1"));
        Assert.Equal([("plant/2", 2, false), ("plant/2", 0, true)], changes.Where(change => change.Topic == "plant/2"));
    }

    [Fact]
    public async Task A_mirror_knows_when_it_may_be_out_of_date()
    {
        RunningBroker broker = await RunningBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address);
        await client.PublishAsync("a", 1, PublishOptions.Retained);
        await using Mirror<int> mirror = client.Mirror<int>("+");
        await mirror.WaitForAsync("a", cancellationToken: Eventually.Deadline());
        Assert.False(mirror.IsTopicStale("a"));
        Assert.True(mirror.IsTopicStale("b"));

        await broker.DisposeAsync();
        await Eventually.Until("it is stale", () => mirror.IsStale);
        await using RunningBroker fresh = await RunningBroker.StartAsync();
        proxy.Target = fresh.Address("Mqtt").Port;
        await Eventually.Until("it is connected", () => !mirror.IsStale);

        await Eventually.Until("the value is not confirmed, because the session was lost", () => mirror.IsTopicStale("a"));
        Assert.Equal(1, mirror["a"]);
        await client.PublishAsync("a", 1);
        await Eventually.Until("it is confirmed", () => !mirror.IsTopicStale("a"));
    }

    [Fact]
    public async Task A_mirror_is_bounded_by_topics()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Mirror<int> mirror = client.Mirror<int>("+", new MirrorOptions { MaxTopics = 2 });
        await mirror.StartAsync();

        for (int i = 0; i < 3; i++)
        {
            await client.PublishAsync("t" + i, i);
            await Eventually.Until("it has come", () => mirror.Count + mirror.LeftOut == i + 1);
        }

        Assert.Equal(2, mirror.Count);
        Assert.Equal(1, mirror.LeftOut);
    }

    [Fact]
    public async Task Presence_is_told_by_the_broker()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Presence presence = client.Presence("device+7");
        await presence.StartAsync();
        Assert.Null(presence.Current);

        BrokerClient device = await Clients.ConnectAsync(broker.Address, options => options.ClientId = "device+7");
        Assert.True((await presence.WaitAsync(isOnline: true, Eventually.Deadline())).IsOnline);
        await device.DisposeAsync();

        Assert.Equal("disconnected", (await presence.WaitAsync(isOnline: false, Eventually.Deadline())).Reason);
    }
}
