using System.Globalization;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>A bad network between the client and the broker, in both directions, under load.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string, QualityOfService> BrokersAndQos => new()
    {
        { AnyBroker.Ours, QualityOfService.AtLeastOnce },
        { AnyBroker.Ours, QualityOfService.ExactlyOnce },
        { AnyBroker.Mosquitto, QualityOfService.AtLeastOnce },
        { AnyBroker.Mosquitto, QualityOfService.ExactlyOnce },
    };

    [Theory]
    [MemberData(nameof(BrokersAndQos))]
    public async Task A_hundred_cuts_of_the_publishers_connection_lose_nothing(string kind, QualityOfService qos)
    {
        const int cuts = 100;
        int messages = qos == QualityOfService.AtLeastOnce ? 100_000 : 20_000;
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using var proxy = new FaultyProxy(broker.Port);
        await using BrokerClient publisher = await Clients.ConnectAsync(proxy.Address, options => options.ClientId = "cut");
        await using BrokerClient subscriber = await Clients.ConnectAsync(broker.Address);
        var history = new History();
        Task reading = ReadAsync(await subscriber.Subscribe<int>("n", new SubscribeOptions { Qos = qos }).StartedAsync(), history, messages, _ => Task.CompletedTask);

        await PublishAsync(publisher, history, messages, qos, CutEach(proxy, messages / cuts)).WaitAsync(_patience);

        await reading.WaitAsync(_patience);
        Assert.InRange(proxy.Connections, cuts, int.MaxValue);
        history.Check(once: qos == QualityOfService.ExactlyOnce);
    }

    [Theory]
    [MemberData(nameof(BrokersAndQos))]
    public async Task A_hundred_cuts_of_the_subscribers_connection_lose_nothing(string kind, QualityOfService qos)
    {
        const int messages = 20_000;
        const int cuts = 100;
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using var proxy = new FaultyProxy(broker.Port);
        await using BrokerClient publisher = await Clients.ConnectAsync(broker.Address);
        await using BrokerClient subscriber = await Clients.ConnectAsync(proxy.Address, options =>
        {
            options.ClientId = "cut";
            options.ReceiveMaximum = 50; // so that little is here already when the connection is cut
        });
        var history = new History();
        var refused = new TaskCompletionSource();
        subscriber.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Failed) refused.TrySetException(change.Cause!); // a refusal has a cause
        };
        Task reading = ReadAsync(await subscriber.Subscribe<int>("n", new SubscribeOptions { Qos = qos }).StartedAsync(), history, messages, CutEach(proxy, messages / cuts));

        Task publishing = PublishAsync(publisher, history, messages, qos, async number =>
        {
            const int ahead = 500; // the broker's queue for the subscriber is bounded
            if (number % 100 == 0) await Eventually.Until("the subscriber follows", () => number - history.Furthest < ahead, _patience);
        });
        await await Task.WhenAny(refused.Task, reading, publishing.WaitAsync(2 * _patience));
        await publishing.WaitAsync(_patience);

        await reading.WaitAsync(_patience);
        Assert.InRange(proxy.Connections, cuts, int.MaxValue);

        // Exactly once takes two: what another broker does with its half of an exchange that was cut is its own affair.
        history.Check(once: qos == QualityOfService.ExactlyOnce && kind != "mosquitto");
    }

    [Fact]
    public async Task Byte_by_byte_everything_still_arrives()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Port) { Chunk = 1 };
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address);
        Subscription<string> all = await client.Subscribe<string>("t").StartedAsync();
        string[] texts = [.. Enumerable.Range(0, 50).Select(i => new string('x', i * 7))];

        foreach (string text in texts) await client.PublishAsync("t", text, new PublishOptions { Qos = QualityOfService.ExactlyOnce });

        Assert.Equal(texts, (await all.TakeAsync(texts.Length)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_stall_is_waited_for_and_then_everything_arrives()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Port);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address);
        Subscription<int> numbers = await client.Subscribe<int>("n").StartedAsync();

        proxy.Stall();
        Task publishing = client.PublishAllAsync(Enumerable.Range(0, 100).Select(i => Clients.Text("n", i.ToString(CultureInfo.InvariantCulture))));
        await Eventually.Until("all is under way", () => client.Waiting == 100);
        Assert.False(publishing.IsCompleted);
        proxy.Resume();

        await publishing.WaitAsync(Eventually.Patience);
        Assert.Equal(Enumerable.Range(0, 100), (await numbers.TakeAsync(100)).Select(message => message.Value));
        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task A_half_open_connection_is_noticed_by_the_keep_alive_and_replaced()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Port);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address, options =>
        {
            options.ClientId = "half-open";
            options.KeepAlive = TimeSpan.FromSeconds(1);
        });

        proxy.SwallowAnswers = true;
        Task<PublishResult> publication = client.PublishAsync("t", "x");
        await Eventually.Until("the connection is given up", () => client.State != ConnectionState.Connected || proxy.Connections > 1);
        proxy.SwallowAnswers = false;

        Assert.Equal(PublishResult.NoSubscribers, await publication.WaitAsync(Eventually.Patience));
        Assert.InRange(proxy.Connections, 2, int.MaxValue);
    }

    [Fact]
    public async Task Twenty_restarts_of_the_broker_lose_nothing_that_was_awaited()
    {
        const int messages = 10_000;
        const int restarts = 20;
        RunningBroker broker = await RunningBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
        await using BrokerClient publisher = await Clients.ConnectAsync(proxy.Address);
        await using BrokerClient subscriber = await Clients.ConnectAsync(proxy.Address);
        var history = new History();
        await using Mirror<int> mirror = subscriber.Mirror<int>("count");
        await mirror.StartAsync();

        await PublishAsync(publisher, history, messages, QualityOfService.AtLeastOnce, async number =>
        {
            if (number % (messages / restarts) != messages / restarts / 2) return;
            proxy.Cut(); // as a killed broker would
            await broker.DisposeAsync();
            broker = await RunningBroker.StartAsync();
            proxy.Target = broker.Address("Mqtt").Port;
        }).WaitAsync(2 * _patience);

        await publisher.PublishAsync("count", messages, PublishOptions.Retained);
        Assert.Equal(messages, await mirror.WaitForAsync("count", value => value == messages, Eventually.Deadline()));
        Assert.Equal(messages, history.Acknowledged);
        Assert.Equal(0, publisher.Waiting);
        await broker.DisposeAsync();
    }

    /// <summary>Cuts at certain numbers, each time a connection that was not cut before.</summary>
    private static Func<int, Task> CutEach(FaultyProxy proxy, int each)
    {
        int cuts = 0;
        int next = each / 2;
        return async number =>
        {
            if (number < next) return;
            next += each;
            await Eventually.Until("there is a new connection to cut", () => proxy.Connections > cuts, _patience);
            cuts++;
            proxy.Cut();
        };
    }

    private static async Task PublishAsync(BrokerClient client, History history, int messages, QualityOfService qos, Func<int, Task> afterEach)
    {
        const int underWay = 200;
        var open = new Queue<(int Number, Task Publication)>();
        for (int i = 0; i < messages; i++)
        {
            open.Enqueue((i, client.PublishAsync("n", i, new PublishOptions { Qos = qos })));
            while (open.Count > underWay || (i == messages - 1 && open.Count > 0))
            {
                (int number, Task publication) = open.Dequeue();
                await publication;
                history.Acknowledge(number);
                await afterEach(number);
            }
        }
    }

    private static async Task ReadAsync(Subscription<int> numbers, History history, int messages, Func<int, Task> afterEach)
    {
        await foreach (Message<int> message in numbers)
        {
            history.Arrive(message.Value);
            await afterEach(message.Value);
            if (message.Value == messages - 1) return;
        }
    }
}
