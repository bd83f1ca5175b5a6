using System.Buffers.Text;
using System.Globalization;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>The devices: replays the schedule, and where consumers poll over MQTT answers them.</summary>
public sealed class ChangePublisher(RunStage stage) : IAsyncDisposable
{
    private const int TopicDigits = 5;

    private readonly List<MqttConnection> _devices = [];
    private readonly List<Task> _unacknowledged = [];
    private readonly byte[][] _payloads = new byte[stage.Workload.TopicRates.Count][];

    /// <summary>Where a device takes questions for one of its topics.</summary>
    public static string QuestionTopic(Workload workload, int topic) =>
        string.Create(CultureInfo.InvariantCulture, $"lab/q{topic % workload.Producers}/k{topic:D5}");

    /// <summary>Connects, and publishes the first value of everything.</summary>
    public async Task InitAsync()
    {
        for (int device = 0; device < stage.Workload.Producers; device++)
        {
            var answering = new Answering(this);
            MqttConnection connection = await MqttConnection.OpenAsync(stage.Mqtt, $"device-{device}", MqttPackets.Version5, answering.Received);
            answering.Connection = connection;
            _devices.Add(connection);
            if (stage.Mode == Mode.PollMqtt) await connection.SubscribeAsync(string.Create(CultureInfo.InvariantCulture, $"lab/q{device}/+"), 0);
        }

        for (int topic = 0; topic < _payloads.Length; topic++)
        {
            _payloads[topic] = ChangeSchedule.Payload(0, stage.Workload.PayloadBytes);
            await Device(topic).PublishAsync(stage.Workload.Topic(topic), _payloads[topic], qos: 1, retain: true);
        }
    }

    /// <summary>Sends as many messages to a subscriber of its own as make the broker compile what they pass through.</summary>
    public async Task RehearseAsync(int messages)
    {
        const string Topic = "lab/rehearsal";
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = messages;
        await using MqttConnection subscriber = await MqttConnection.OpenAsync(stage.Mqtt, "rehearsal", MqttPackets.Version5, (in MqttMessage message) =>
        {
            if (--left == 0) all.TrySetResult();
        });
        await subscriber.SubscribeAsync(stage.Mode == Mode.PushChanges || stage.Mode == Mode.PushConflated ? $"$changes/{Topic}" : Topic, 1);
        for (int message = 0; message < messages; message++) await _devices[0].PublishAsync(Topic, ChangeSchedule.Payload(message, stage.Workload.PayloadBytes), qos: 1, retain: false);
        await Task.WhenAny(all.Task, Task.Delay(TimeSpan.FromSeconds(5))); // change-only delivery may leave some out
    }

    /// <summary>Makes all changes at their times.</summary>
    public async Task RunAsync(ILoadContext context)
    {
        foreach (Change change in stage.Schedule.All)
        {
            await stage.UntilAsync(change.At, context.Cancellation);
            if (change.At >= stage.From) stage.PublishLateness.Record(stage.Now - change.At);
            LoadResult result = await context.StepAsync("change", () => Task.FromResult(Make(change)));
            if (!result.IsOk) stage.Failed("not published");
        }
    }

    /// <summary>Waits for what is not acknowledged yet.</summary>
    public async Task SettleAsync()
    {
        try
        {
            await Task.WhenAll(_unacknowledged);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            stage.Failed("not acknowledged");
        }
    }

    public WireBytes Wire() => _devices.Aggregate(default(WireBytes), (sum, device) => sum + device.Wire());

    public async ValueTask DisposeAsync()
    {
        foreach (MqttConnection device in _devices) await device.DisposeAsync();
    }

    private MqttConnection Device(int topic) => _devices[topic % stage.Workload.Producers];

    private LoadResult Make(Change change)
    {
        byte[] payload = ChangeSchedule.Payload(change.Version, stage.Workload.PayloadBytes);
        Volatile.Write(ref _payloads[change.Topic], payload);
        Volatile.Write(ref stage.Current[change.Topic], change.Version);
        if (stage.Mode == Mode.PollMqtt) return LoadResult.Ok(); // the device has it, and tells who asks
        Task published = Device(change.Topic).PublishAsync(stage.Workload.Topic(change.Topic), payload, stage.Mode == Mode.PushQos1 ? 1 : 0, retain: true);
        if (!published.IsCompletedSuccessfully) _unacknowledged.Add(published);
        return LoadResult.Ok(payload.Length);
    }

    /// <summary>One device's side of request/response.</summary>
    private sealed class Answering(ChangePublisher publisher)
    {
        public MqttConnection? Connection { get; set; }

        public void Received(in MqttMessage message)
        {
            if (message.ResponseTopic.IsEmpty || !Utf8Parser.TryParse(message.Topic[^TopicDigits..], out int topic, out _)) return;
            byte[] payload = Volatile.Read(ref publisher._payloads[topic]);
            Connection!.Respond(System.Text.Encoding.UTF8.GetString(message.ResponseTopic), payload, message.Correlation.ToArray()); // set before it subscribes
        }
    }
}
