using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Loads;

/// <summary>Scenarios whose step is a delivery: from the moment a message was to be sent until everybody has it who should.</summary>
internal static class Deliver
{
    private const string Step = "deliver";
    private const int SmallReceiveBuffer = 8 * 1024;

    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    public static LoadScenario OneToOne(LoadEnvironment environment)
    {
        const int Pairs = 50;
        return Create(environment, "one-to-one", 2_000, publishers: Pairs, [.. Enumerable.Range(0, Pairs).Select(pair => $"load/pair/{pair}")], number => $"load/pair/{number % Pairs}", perMessage: 1, qos: 1, "deliver p99 < 50");
    }

    public static LoadScenario FanOut(LoadEnvironment environment) =>
        Create(environment, "fan-out", 20, publishers: 1, [.. Enumerable.Repeat("load/all", 200)], _ => "load/all", perMessage: 200, qos: 0, "deliver p99 < 100");

    public static LoadScenario FanIn(LoadEnvironment environment) =>
        Create(environment, "fan-in", 2_000, publishers: 100, ["load/in/+"], number => $"load/in/{number % 100}", perMessage: 1, qos: 0, "deliver p99 < 50");

    public static LoadScenario ManyTopics(LoadEnvironment environment)
    {
        const int Groups = 10;
        const int Topics = 10_000;
        return Create(environment, "many-topics", 1_000, publishers: 10, [.. Enumerable.Range(0, Groups).Select(group => $"load/{group}/+/value")], number => $"load/{number % Groups}/{number * 7919 % Topics}/value", perMessage: 1, qos: 0, "deliver p99 < 50");
    }

    /// <summary>Half of the subscribers stop reading when it begins; the other half must not notice.</summary>
    public static LoadScenario SlowConsumers(LoadEnvironment environment)
    {
        var slow = new List<MqttConnection>();
        LoadScenario fast = Create(environment, "slow-consumers", 500, publishers: 1, [.. Enumerable.Repeat("load/slow", 10)], _ => "load/slow", perMessage: 10, qos: 0, "deliver p99 < 100");
        return fast with
        {
            Init = async cancellation =>
            {
                for (int i = 0; i < 10; i++)
                {
                    MqttConnection connection = await MqttConnection.OpenAsync(environment.Broker.Mqtt, $"slow-{i}", received: (in MqttMessage _) => { }, keepAliveSeconds: 0, receiveBufferBytes: SmallReceiveBuffer);
                    await connection.SubscribeAsync("load/slow", 0);
                    connection.Pause();
                    slow.Add(connection);
                }

                await fast.Init!(cancellation); // Create made one
            },
            Clean = async cancellation =>
            {
                if (environment.Broker.Meter is { } meter) environment.Note(FormattableString.Invariant($"broker's memory with 10 subscribers that do not read: {meter.ResidentBytes() / 1048576.0:0.0} MB"));
                await fast.Clean!(cancellation); // Create made one
                foreach (MqttConnection connection in slow) await connection.DropAsync();
            },
        };
    }

    private static LoadScenario Create(
        LoadEnvironment environment, string name, int rate, int publishers, IReadOnlyList<string> filters, Func<long, string> topic, int perMessage, int qos, string threshold)
    {
        var deliveries = new Deliveries(environment.Settings.PayloadBytes);
        var senders = new List<MqttConnection>();
        var receivers = new List<MqttConnection>();
        long next = 0;
        return new LoadScenario(name, context =>
        {
            long number = Interlocked.Increment(ref next);
            return context.StepAsync(Step, () => deliveries.DeliverAsync(senders[(int)(number % senders.Count)], topic(number), perMessage, qos, context.Cancellation));
        })
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.Inject(environment.Settings.Scaled(rate), _second, environment.Settings.Duration)],
            Thresholds = [Threshold.Parse(threshold), Threshold.Parse("deliver errors <= 0")],
            Init = async _ =>
            {
                for (int i = 0; i < filters.Count; i++)
                {
                    MqttConnection receiver = await MqttConnection.OpenAsync(environment.Broker.Mqtt, $"{name}-subscriber-{i}", received: deliveries.Received);
                    receivers.Add(receiver);
                    await receiver.SubscribeAsync(filters[i], qos);
                }

                for (int i = 0; i < publishers; i++) senders.Add(await MqttConnection.OpenAsync(environment.Broker.Mqtt, $"{name}-publisher-{i}"));
            },
            Clean = async _ =>
            {
                foreach (MqttConnection connection in senders.Concat(receivers)) await connection.DisposeAsync();
            },
        };
    }
}
