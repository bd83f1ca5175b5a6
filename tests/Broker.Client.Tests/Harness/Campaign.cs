using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests.Harness;

/// <summary>
/// One publisher and one subscriber of a broker that stores to disk, while both connections are cut and the broker is killed. QoS 1 and QoS 2 at the same
/// time, each with a history of its own.
/// </summary>
internal sealed class Campaign(int messages, int cuts, int kills, string? defect = null)
{
    private const int UnderWay = 200;
    private const int Ahead = 500; // the broker's queue for the subscriber is bounded
    private const int EachExactlyOnce = 5;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    /// <summary>What became of the QoS 1 messages.</summary>
    public History AtLeastOnce { get; } = new();

    /// <summary>What became of the QoS 2 messages, one to every five of the others.</summary>
    public History ExactlyOnce { get; } = new();

    /// <summary>How often both connections were cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>How often the broker was killed.</summary>
    public int Kills { get; private set; }

    public async Task RunAsync()
    {
        using var folder = new TempFolder();
        BrokerProcess broker = await StartAsync(folder);
        try
        {
            await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
            await using BrokerClient publisher = await Clients.ConnectAsync(proxy.Address, options => options.ClientId = "publisher");
            await using BrokerClient subscriber = await Clients.ConnectAsync(proxy.Address, options =>
            {
                options.ClientId = "subscriber";
                options.ReceiveMaximum = 50; // so that little is here already when the connection goes
            });
            Task reading = Task.WhenAll(
                ReadAsync(await subscriber.Subscribe<int>("n/1", new SubscribeOptions { Qos = QualityOfService.AtLeastOnce }).StartedAsync(), AtLeastOnce, messages),
                ReadAsync(await subscriber.Subscribe<int>("n/2", new SubscribeOptions { Qos = QualityOfService.ExactlyOnce }).StartedAsync(), ExactlyOnce, messages / EachExactlyOnce));

            await PublishAsync(publisher, async number =>
            {
                if (IsDue(number, kills, 4))
                {
                    Kills++;
                    await broker.DisposeAsync(); // SIGKILL
                    broker = await StartAsync(folder);
                    proxy.Target = broker.Address("Mqtt").Port;
                }
                else if (IsDue(number, cuts, 2))
                {
                    Cuts++;
                    int before = proxy.Connections;
                    proxy.Cut();
                    await Eventually.Until("there is a new connection to cut", () => proxy.Connections > before, _patience);
                }
                else if (number % 100 == 0)
                {
                    await Eventually.Until("the subscriber follows", () => number - AtLeastOnce.Furthest < Ahead, _patience);
                }
            });

            // Behind everything else, so that all that is not lost is there when they are.
            await publisher.PublishAsync("n/1", messages, new PublishOptions { Qos = QualityOfService.AtLeastOnce });
            await publisher.PublishAsync("n/2", messages / EachExactlyOnce, new PublishOptions { Qos = QualityOfService.ExactlyOnce });
            await reading.WaitAsync(_patience);
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }

    // One number in each of as many equal parts, not the same for both.
    private bool IsDue(int number, int times, int at) => times > 0 && number % (messages / times) == messages / times / at;

    private Task<BrokerProcess> StartAsync(TempFolder folder) => BrokerProcess.StartAsync(
        new Dictionary<string, string> { ["BROKER_TEST_SEEDED_DEFECT"] = defect ?? "" },
        "--Broker:Storage:Path", folder.Path, "--Broker:Endpoints:Http:Url", "", "--Logging:LogLevel:Default", "Warning");

    private async Task PublishAsync(BrokerClient client, Func<int, Task> afterEach)
    {
        var open = new Queue<(int Number, History History, Task Publication)>();
        for (int i = 0; i < messages; i++)
        {
            open.Enqueue((i, AtLeastOnce, client.PublishAsync("n/1", i, new PublishOptions { Qos = QualityOfService.AtLeastOnce })));
            if (i % EachExactlyOnce == 0)
            {
                open.Enqueue((i / EachExactlyOnce, ExactlyOnce, client.PublishAsync("n/2", i / EachExactlyOnce, new PublishOptions { Qos = QualityOfService.ExactlyOnce })));
            }

            while (open.Count > UnderWay || (i == messages - 1 && open.Count > 0))
            {
                (int number, History history, Task publication) = open.Dequeue();
                await publication.WaitAsync(_patience);
                history.Acknowledge(number);
                if (history == AtLeastOnce) await afterEach(number);
            }
        }
    }

    private static async Task ReadAsync(Subscription<int> numbers, History history, int last)
    {
        await foreach (Message<int> message in numbers)
        {
            if (message.Value == last) return;
            history.Arrive(message.Value);
        }
    }
}
