using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Loads;

/// <summary>Devices that report whether anything changed or not, and a subscriber that is told only what did.</summary>
internal static class ChangeRatio
{
    private const int Every = 10;

    public static LoadScenario Create(LoadEnvironment environment)
    {
        var deliveries = new Deliveries(environment.Settings.PayloadBytes);
        var devices = new List<MqttConnection>();
        MqttConnection? subscriber = null;
        byte[] same = new byte[Math.Max(8, environment.Settings.PayloadBytes)]; // number 0: nobody waits for it
        long next = 0;
        int first = 1;
        return new LoadScenario("change-ratio", context =>
        {
            long number = Interlocked.Increment(ref next);
            MqttConnection device = devices[(int)(number % devices.Count)];
            if (number % Every == 0) return context.StepAsync("changed", () => deliveries.DeliverAsync(device, "ratio/moving", 1, 1, context.Cancellation));
            return context.StepAsync("unchanged", async () =>
            {
                await device.PublishAsync("ratio/still", same, 1, retain: false);
                return deliveries.Unexpected == 0 ? LoadResult.Ok() : LoadResult.Fail("delivered", "A value that had not changed was delivered");
            });
        })
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.Inject(environment.Settings.Scaled(1_000), TimeSpan.FromSeconds(1), environment.Settings.Duration)],
            Thresholds = [Threshold.Parse("changed p99 < 50"), Threshold.Parse("changed errors <= 0"), Threshold.Parse("unchanged errors <= 0")],
            Init = async _ =>
            {
                for (int i = 0; i < 10; i++) devices.Add(await MqttConnection.OpenAsync(environment.Broker.Mqtt, $"ratio-{i}"));
                // Before anybody listens: the first value of a topic is news to everybody.
                await devices[0].PublishAsync("ratio/still", same, 1, retain: false);
                subscriber = await MqttConnection.OpenAsync(environment.Broker.Mqtt, "ratio-subscriber", received: Received);
                await subscriber.SubscribeAsync("$changes/ratio/+", 1);
            },
            Clean = async _ =>
            {
                if (subscriber is not null)
                {
                    WireBytes wire = subscriber.Wire();
                    environment.Note(FormattableString.Invariant($"{next} publications, {next / Every} of them changes; the subscriber got {wire.BytesIn} bytes"));
                    await subscriber.DisposeAsync();
                }

                foreach (MqttConnection device in devices) await device.DisposeAsync();
            },
        };

        bool IsFirst(in MqttMessage message) => message.Payload.SequenceEqual(same) && Interlocked.Exchange(ref first, 0) == 1;

        void Received(in MqttMessage message)
        {
            if (!IsFirst(in message)) deliveries.Received(in message);
        }
    }
}
