using Broker.Client.Changes;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests;

/// <summary>Only what changed: asked of the broker, left out by the client, or not published at all.</summary>
public sealed class ChangeTests
{
    public static TheoryData<string, string, bool> Comparisons => new()
    {
        { "21.5", "21.5", false },
        { "21.5", "22.0", false },
        { "21.5", "22.1", true },
        { "21.5", "20.9", true },
        { "21.5", "off", true },
        { "off", "off", true },
        { "21.5", "", true },
    };

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void A_number_has_to_leave_the_band(string last, string value, bool isChange) =>
        Assert.Equal(isChange, Is(new ChangeCriteria { Deadband = 0.5 }, last, value));

    [Theory]
    [InlineData("100", "102", false)]
    [InlineData("100", "102.1", true)]
    [InlineData("-100", "-97.9", true)]
    public void A_band_in_percent_is_of_the_last_value(string last, string value, bool isChange) =>
        Assert.Equal(isChange, Is(new ChangeCriteria { Deadband = Deadband.Percent(2) }, last, value));

    [Theory]
    [InlineData("""{"t":1,"at":5}""", """{"at":6,"t":1.0}""", false)]
    [InlineData("""{"t":1}""", """{"t":2}""", true)]
    [InlineData("""{"t":1}""", """{"x":1}""", true)]
    [InlineData("""{"t":1}""", "t", true)]
    public void Of_json_only_what_is_pointed_to_counts(string last, string value, bool isChange) =>
        Assert.Equal(isChange, Is(new ChangeCriteria { Pointers = ["/t"] }, last, value));

    [Theory]
    [InlineData("/a/1/b~1c/~0d", """{"a":[0,{"b/c":{"~d":1}}]}""", """{"a":[9,{"b/c":{"~d":1}}]}""", false)]
    [InlineData("/a/1/b~1c/~0d", """{"a":[0,{"b/c":{"~d":1}}]}""", """{"a":[0,{"b/c":{"~d":2}}]}""", true)]
    [InlineData("/a/7", """{"a":[0]}""", """{"a":[1]}""", false)]
    [InlineData("", """{"a":1}""", """{"a":2}""", true)]
    public void A_pointer_reaches_into_arrays_and_odd_names(string path, string last, string value, bool isChange) =>
        Assert.Equal(isChange, Is(new ChangeCriteria { Pointers = [path] }, last, value));

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_band_that_is_none_is_refused(double size) => Assert.Throws<ArgumentOutOfRangeException>(() => Deadband.Absolute(size));

    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task A_subscription_to_changes_gets_nothing_else_from_any_broker(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await client.PublishAsync("plant/1", 20, PublishOptions.Retained);
        Subscription<double> changes = await client.Subscribe<double>("plant/+").OnlyChanges(deadband: 0.5).StartedAsync();

        foreach (double value in (double[])[20, 20.4, 20.8, 20.8, 21.0, 21.4, 20, 30]) await client.PublishAsync("plant/1", value);

        List<Message<double>> messages = await changes.TakeAsync(5);
        Assert.Equal([20, 20.8, 21.4, 20, 30], messages.Select(message => message.Value));
        Assert.Equal("plant/1", messages[0].Topic);
    }

    [Fact]
    public async Task Where_the_broker_delivers_only_changes_nothing_else_travels()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Assert.Equal("$changes/", client.Core.Connections.Current!.Features.ChangesPrefix);
    }

    [Fact]
    public async Task An_interval_cannot_be_asked_of_a_broker_that_does_not_know_it()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(AnyBroker.Mosquitto);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);

        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(
            () => client.Subscribe<double>("x").OnlyChanges(new ChangeCriteria { MinInterval = TimeSpan.FromSeconds(1) }).StartAsync());

        Assert.Equal(BrokerClientError.NotSupported, fault.Error);
    }

    [Fact]
    public async Task What_did_not_change_is_not_published()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<double> all = await client.Subscribe<double>("t").StartedAsync();
        await using ChangePublisher<double> publisher = client.ChangePublisher("t", new ChangePublisherOptions<double> { Changes = new ChangeCriteria { Deadband = 0.5 } });

        bool[] published = [await publisher.PublishAsync(20), await publisher.PublishAsync(20.3), await publisher.PublishAsync(20.6), await publisher.PublishAsync(20.6)];

        Assert.Equal([true, false, true, false], published);
        Assert.Equal(2, publisher.Suppressed);
        Assert.Equal([20, 20.6], (await all.TakeAsync(2)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_comparer_says_what_is_the_same()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using ChangePublisher<string> publisher = client.ChangePublisher("t", new ChangePublisherOptions<string> { Comparer = StringComparer.OrdinalIgnoreCase });

        Assert.True(await publisher.PublishAsync("on"));
        Assert.False(await publisher.PublishAsync("ON"));
        Assert.True(await publisher.PublishAsync("off"));
    }

    [Fact]
    public async Task A_value_within_the_minimum_interval_goes_out_when_it_ends_and_an_old_one_after_the_maximum_silence()
    {
        var time = new FakeTimeProvider();
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient observer = await Clients.ConnectAsync(broker.Address);
        await using var client = new BrokerClient(Clients.Options(broker.Address), time: time);
        await client.ConnectAsync();
        Subscription<int> all = await observer.Subscribe<int>("t").StartedAsync();
        var criteria = new ChangeCriteria { MinInterval = TimeSpan.FromSeconds(1), MaxSilence = TimeSpan.FromSeconds(5) };
        await using ChangePublisher<int> publisher = client.ChangePublisher("t", new ChangePublisherOptions<int> { Changes = criteria });
        await using IAsyncEnumerator<Message<int>> loop = all.GetAsyncEnumerator(Eventually.Deadline());

        Assert.True(await publisher.PublishAsync(1));
        Assert.False(await publisher.PublishAsync(2));
        Assert.False(await publisher.PublishAsync(3));
        Assert.Equal(1, await NextAsync(loop));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, await NextAsync(loop));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, await NextAsync(loop));
    }

    [Fact]
    public async Task After_a_lost_session_the_current_value_goes_out_again()
    {
        RunningBroker broker = await RunningBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address);
        await using ChangePublisher<int> publisher = client.ChangePublisher<int>("t");
        await publisher.PublishAsync(7);

        await broker.DisposeAsync();
        await using RunningBroker fresh = await RunningBroker.StartAsync();
        proxy.Target = fresh.Address("Mqtt").Port;

        await using BrokerClient observer = await Clients.ConnectAsync($"mqtt://127.0.0.1:{proxy.Target}");
        await using Mirror<int> mirror = observer.Mirror<int>("t");
        Assert.Equal(7, await mirror.WaitForAsync("t", cancellationToken: Eventually.Deadline()));
    }

    private static bool Is(ChangeCriteria criteria, string last, string value) =>
        ChangeTest.IsChange(criteria, System.Text.Encoding.UTF8.GetBytes(last), System.Text.Encoding.UTF8.GetBytes(value));

    private static async Task<int> NextAsync(IAsyncEnumerator<Message<int>> loop)
    {
        Assert.True(await loop.MoveNextAsync());
        return loop.Current.Value;
    }
}
