using System.Collections.Concurrent;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Loads;

/// <summary>Scenarios about connections: many that come and go, many that stay, and those that are lost.</summary>
internal static class Connections
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    public static LoadScenario Storm(LoadEnvironment environment)
    {
        long next = 0;
        return new LoadScenario("connect-storm", async context =>
        {
            string id = $"storm-{Interlocked.Increment(ref next)}";
            MqttConnection? connection = null;
            LoadResult result = await context.StepAsync("connect", async () =>
            {
                connection = await MqttConnection.OpenAsync(environment.Broker.Mqtt, id);
                return LoadResult.Ok();
            });
            if (connection is null) return result;
            await using MqttConnection open = connection;
            return await context.StepAsync("subscribe", async () =>
            {
                await open.SubscribeAsync($"storm/{id}/#", 1);
                return LoadResult.Ok();
            });
        })
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.Inject(environment.Settings.Scaled(100), _second, environment.Settings.Duration)],
            Thresholds = [Threshold.Parse("connect p99 < 200"), Threshold.Parse("connect errors <= 0"), Threshold.Parse("subscribe errors <= 0")],
        };
    }

    public static LoadScenario Idle(LoadEnvironment environment)
    {
        int clients = environment.Settings.Scaled(2_000);
        var deliveries = new Deliveries(environment.Settings.PayloadBytes);
        var idle = new ConcurrentBag<MqttConnection>();
        MqttConnection? publisher = null;
        long next = 0;
        return new LoadScenario("idle-connections", context =>
        {
            long number = Interlocked.Increment(ref next) * 7919 % clients;
            return context.StepAsync("deliver", () => deliveries.DeliverAsync(publisher!, $"idle/{number}", 1, 0, context.Cancellation)); // Init made it
        })
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.Inject(50, _second, environment.Settings.Duration)],
            Thresholds = [Threshold.Parse("deliver p99 < 50"), Threshold.Parse("deliver errors <= 0")],
            Init = async cancellation =>
            {
                publisher = await MqttConnection.OpenAsync(environment.Broker.Mqtt, "idle-publisher");
                long before = environment.Broker.Meter?.ResidentBytes() ?? 0;
                await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellation }, async (index, _) =>
                {
                    MqttConnection connection = await MqttConnection.OpenAsync(environment.Broker.Mqtt, $"idle-{index}", received: deliveries.Received);
                    idle.Add(connection);
                    await connection.SubscribeAsync($"idle/{index}", 0);
                });
                if (environment.Broker.Meter is { } meter)
                    environment.Note(FormattableString.Invariant($"{clients} idle clients, each with a subscription: {(meter.ResidentBytes() - before) / 1024.0 / clients:0.0} KB of the broker's memory each (resident set, before any collection)"));
            },
            Clean = async _ =>
            {
                foreach (MqttConnection connection in idle) await connection.DisposeAsync();
                if (publisher is not null) await publisher.DisposeAsync();
            },
        };
    }

    public static LoadScenario Reconnect(LoadEnvironment environment)
    {
        const int Missed = 10;
        const uint SessionSeconds = 300;
        MqttConnection? publisher = null;
        long next = 0;
        return new LoadScenario("reconnect", async context =>
        {
            string id = $"reconnect-{Interlocked.Increment(ref next)}";
            int left = Missed;
            var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            MqttConnection connection = await MqttConnection.OpenAsync(environment.Broker.Mqtt, id, sessionExpirySeconds: SessionSeconds);
            await connection.SubscribeAsync($"reconnect/{id}", 1);
            await connection.DropAsync();
            for (int message = 0; message < Missed; message++) await publisher!.PublishAsync($"reconnect/{id}", new byte[environment.Settings.PayloadBytes], 1, retain: false); // Init made it
            LoadResult result = await context.StepAsync("catch-up", async () =>
            {
                await using MqttConnection back = await MqttConnection.OpenAsync(environment.Broker.Mqtt, id, received: Received, cleanStart: false);
                await all.Task.WaitAsync(TimeSpan.FromSeconds(30), context.Cancellation);
                return LoadResult.Ok(Missed * environment.Settings.PayloadBytes);
            });
            return result;

            void Received(in MqttMessage message)
            {
                if (Interlocked.Decrement(ref left) == 0) all.TrySetResult();
            }
        })
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.KeepConstant(environment.Settings.Scaled(10), environment.Settings.Duration)],
            Thresholds = [Threshold.Parse("catch-up p99 < 250"), Threshold.Parse("catch-up errors <= 0")],
            Init = async _ => publisher = await MqttConnection.OpenAsync(environment.Broker.Mqtt, "reconnect-publisher"),
            Clean = async _ =>
            {
                if (publisher is not null) await publisher.DisposeAsync();
            },
        };
    }
}
