using System.Text.Json.Serialization;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>The first things that anybody does, against this project's broker and Mosquitto.</summary>
public sealed partial class PublishAndSubscribeTests
{
    public static TheoryData<string, QualityOfService> BrokersAndQos
    {
        get
        {
            var data = new TheoryData<string, QualityOfService>();
            foreach (string broker in (string[])[AnyBroker.Ours, AnyBroker.Mosquitto])
            {
                foreach (QualityOfService qos in Enum.GetValues<QualityOfService>()) data.Add(broker, qos);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BrokersAndQos))]
    public async Task What_is_published_arrives_in_order(string kind, QualityOfService qos)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<int> numbers = await client.Subscribe<int>("n/+", new SubscribeOptions { Qos = qos }).StartedAsync();

        for (int i = 0; i < 200; i++) await client.PublishAsync("n/" + i % 3, i, new PublishOptions { Qos = qos });

        List<Message<int>> messages = await numbers.TakeAsync(200);
        Assert.Equal(Enumerable.Range(0, 200), messages.Select(message => message.Value));
        Assert.All(messages, message => Assert.Equal(qos, message.Qos));
        Assert.Equal("application/json", messages[0].ContentType);
    }

    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task A_publication_says_whether_anybody_subscribes(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Subscription<string> heard = await client.Subscribe<string>("heard").StartedAsync();

        Assert.Equal(PublishResult.NoSubscribers, await client.PublishAsync("unheard", "x"));
        if (kind == AnyBroker.Ours) Assert.Equal(PublishResult.NoSubscribers, await client.PublishAsync("unheard", "x", new PublishOptions { Qos = QualityOfService.ExactlyOnce }));
        Assert.Equal(PublishResult.Accepted, await client.PublishAsync("heard", "x"));
        Assert.Equal(PublishResult.Sent, await client.PublishAsync("heard", "x", new PublishOptions { Qos = QualityOfService.AtMostOnce }));
    }

    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task Everything_that_belongs_to_a_message_arrives(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<byte[]> all = await client.Subscribe<byte[]>("a/b").StartedAsync();

        await client.PublishAsync(new OutgoingMessage("a/b", new byte[] { 0, 1, 255 })
        {
            Options = new PublishOptions
            {
                ContentType = "x/y",
                ResponseTopic = "answers",
                CorrelationData = new byte[] { 7, 8 },
                UserProperties = [new("k", "v"), new("k", "ü")],
                Expiry = TimeSpan.FromMinutes(1),
            },
        });

        Message<byte[]> message = Assert.Single(await all.TakeAsync(1));
        Assert.Equal([0, 1, 255], message.Value);
        Assert.Equal("x/y", message.ContentType);
        Assert.Equal("answers", message.ResponseTopic);
        Assert.Equal([7, 8], message.CorrelationData.ToArray());
        Assert.Equal([new("k", "v"), new("k", "ü")], message.UserProperties);
        Assert.False(message.Retain);
    }

    [Fact]
    public async Task Text_and_bytes_travel_as_they_are_and_values_as_json()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<string> all = await client.Subscribe<string>("v").StartedAsync();

        await client.PublishAsync("v", "plain");
        await client.PublishAsync("v", new byte[] { (byte)'b' });
        await client.PublishAsync("v", 21.5);
        await client.PublishAsync("v", new Reading(20.25, "C"));
        await client.PublishAsync("v", new Reading(1, "K"), json: Readings.Default.Reading);

        Assert.Equal(["plain", "b", "21.5", """{"celsius":20.25,"unit":"C"}""", """{"Celsius":1,"Unit":"K"}"""], (await all.TakeAsync(5)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_generated_context_takes_the_place_of_reflection()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address, options => options.Json = Readings.Default.Options);
        Subscription<Reading> readings = await client.Subscribe<Reading>("r").StartedAsync();

        await client.PublishAsync("r", new Reading(3, "C"));
        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => client.PublishAsync("r", new Unknown()));

        Assert.Equal(new Reading(3, "C"), (await readings.TakeAsync(1))[0].Value);
        Assert.Equal(BrokerClientError.BadPayload, fault.Error);
    }

    [Fact]
    public async Task A_poisoned_message_is_told_and_does_not_stop_the_stream()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        List<string> poisoned = [];
        var options = new SubscribeOptions
        {
            OnPoisoned = (message, _) =>
            {
                poisoned.Add(System.Text.Encoding.UTF8.GetString(message.Value.Span));
                throw new InvalidOperationException("the handler's own fault goes no further");
            },
        };
        Subscription<int> numbers = await client.Subscribe<int>("n", options).StartedAsync();

        await client.PublishAsync("n", 1);
        await client.PublishAsync("n", "two");
        await client.PublishAsync("n", 3);

        Assert.Equal([1, 3], (await numbers.TakeAsync(2)).Select(message => message.Value));
        Assert.Equal(["two"], poisoned);
    }

    [Fact]
    public async Task A_message_is_acknowledged_after_its_handler_and_not_before()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address, options => options.ReceiveMaximum = 1);
        await using Subscription<int> numbers = await client.Subscribe<int>("n").StartedAsync();
        await client.PublishAsync("n", 1);
        await client.PublishAsync("n", 2);
        await using IAsyncEnumerator<Message<int>> loop = numbers.GetAsyncEnumerator(Eventually.Deadline());

        Assert.True(await loop.MoveNextAsync());
        ValueTask<bool> second = default;
        int openWhileHandling = client.Core.Session.Inbox.Open;
        second = loop.MoveNextAsync();

        Assert.Equal(1, openWhileHandling);
        Assert.True(await second);
        Assert.Equal(2, loop.Current.Value);
    }

    [Fact]
    public async Task Two_loops_over_one_filter_both_get_everything_and_each_its_own_initial_values()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await client.PublishAsync("s", "initial", PublishOptions.Retained);
        Subscription<string> first = await client.Subscribe<string>("s").StartedAsync();
        await Eventually.Until("the first has its initial value", () => client.Core.Session.Inbox.Open == 1);
        Subscription<string> second = await client.Subscribe<string>("s").StartedAsync();
        await Eventually.Until("the second has its initial value", () => client.Core.Session.Inbox.Open == 2);

        await client.PublishAsync("s", "new");

        Assert.Equal(["initial", "new"], (await first.TakeAsync(2)).Select(message => message.Value));
        Assert.Equal(["initial", "new"], (await second.TakeAsync(2)).Select(message => message.Value));
    }

    [Fact]
    public async Task The_same_filter_with_other_options_is_refused_with_the_reason()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Subscription<string> first = await client.Subscribe<string>("s").StartedAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Subscribe<string>("s", new SubscribeOptions { NoLocal = true }).StartAsync());
    }

    [Theory]
    [InlineData(Overflow.DropOldest, new[] { "a8", "b9" }, 8)]
    [InlineData(Overflow.LatestPerTopic, new[] { "a8", "b9" }, 8)]
    [InlineData(Overflow.Wait, new[] { "a0", "b1", "a2", "b3", "a4", "b5", "a6", "b7", "a8", "b9" }, 0)]
    public async Task What_a_slow_loop_gets_is_its_own_choice(Overflow overflow, string[] expected, int dropped)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Subscription<string> slow = await client.Subscribe<string>("t/+", new SubscribeOptions { Capacity = 2, Overflow = overflow }).StartedAsync();
        await using Subscription<string> last = await client.Subscribe<string>("last").StartedAsync();

        for (int i = 0; i < 10; i++) await client.PublishAsync(i % 2 == 0 ? "t/a" : "t/b", (i % 2 == 0 ? "a" : "b") + i);
        await client.PublishAsync("last", "");
        await last.TakeAsync(1);

        Assert.Equal(dropped, slow.Dropped);
        Assert.Equal(expected, (await slow.TakeAsync(expected.Length)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_batch_and_a_stream_are_published_in_order()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address, options => options.Outbox.MaxMessages = 10);
        Subscription<int> numbers = await client.Subscribe<int>("n").StartedAsync();

        await client.PublishAllAsync(Enumerable.Range(0, 500).Select(i => Clients.Text("n", i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        await client.PublishAllAsync(Stream(500, 1000));

        Assert.Equal(Enumerable.Range(0, 1000), (await numbers.TakeAsync(1000)).Select(message => message.Value));

        static async IAsyncEnumerable<OutgoingMessage> Stream(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                await Task.Yield();
                yield return Clients.Text("n", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    [Fact]
    public async Task A_large_message_arrives_and_one_beyond_the_brokers_limit_is_refused_before_it_is_sent()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<byte[]> all = await client.Subscribe<byte[]>("big").StartedAsync();
        byte[] large = new byte[200_000];
        Random.Shared.NextBytes(large);

        await client.PublishAsync("big", large);
        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => client.PublishAsync("big", new byte[40_000_000]));

        Assert.Equal(large, (await all.TakeAsync(1))[0].Value);
        Assert.Equal(BrokerClientError.TooLarge, fault.Error);
        Assert.Equal(ConnectionState.Connected, client.State);
    }

    [Theory]
    [InlineData("a/+")]
    [InlineData("a/#")]
    [InlineData("a\0b")]
    public async Task A_topic_that_is_none_is_refused_at_once(string topic)
    {
        await using var client = new BrokerClient(Clients.Options("mqtt://127.0.0.1:1"));

        await Assert.ThrowsAsync<ArgumentException>(() => client.PublishAsync(topic, "x"));
    }

    [Theory]
    [InlineData("a#")]
    [InlineData("a/#/b")]
    [InlineData("a+/b")]
    [InlineData("\0")]
    public async Task A_filter_that_is_none_is_refused_at_once(string filter)
    {
        await using var client = new BrokerClient(Clients.Options("mqtt://127.0.0.1:1"));

        Assert.Throws<ArgumentException>(() => client.Subscribe<string>(filter));
    }

    internal sealed record Reading(double Celsius, string Unit);

    internal sealed record Unknown;

    [JsonSerializable(typeof(Reading))]
    internal sealed partial class Readings : JsonSerializerContext;
}
