using System.Buffers.Text;
using System.Globalization;
using System.Threading.Channels;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>Subscribes once, and is sent what changes.</summary>
public sealed class PushConsumer(int index, RunStage stage) : Consumer(index, stage)
{
    private const int TopicDigits = 5;

    private readonly Channel<TimeSpan> _aware = Channel.CreateUnbounded<TimeSpan>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _converged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MqttConnection? _connection;
    private int _waiting;

    public override async Task InitAsync(CancellationToken cancellation)
    {
        _waiting = Views.Count;
        _connection = await MqttConnection.OpenAsync(Stage.Mqtt, $"consumer-{Index}", MqttPackets.Version5, Received);
        Dictionary<string, string>? options = Stage.Mode == Mode.PushConflated
            ? new Dictionary<string, string> { ["min-interval"] = Plan.Interval.TotalSeconds.ToString(CultureInfo.InvariantCulture) }
            : null;
        string filter = Stage.Workload.Filter(Plan);
        bool changes = Stage.Mode == Mode.PushChanges || Stage.Mode == Mode.PushConflated;
        await _connection.SubscribeAsync(changes ? $"$changes/{filter}" : filter, Stage.Mode == Mode.PushQos1 ? 1 : 0, options);
        await _first.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
    }

    /// <summary>Nothing: what it is sent is rehearsed by the devices.</summary>
    public override Task RehearseAsync(CancellationToken cancellation) => Task.CompletedTask;

    public override async Task RunAsync(ILoadContext context)
    {
        _ = EndAsync(context.Cancellation); // completes the channel, which ends the loop below
        await foreach (TimeSpan awareness in _aware.Reader.ReadAllAsync(context.Cancellation)) await AwareAsync(context, awareness);
        if (_connection!.Broken is not null) Stage.Failed("connection lost");
    }

    public override WireBytes Wire() => _connection?.Wire() ?? default;

    public override long Connections() => 1;

    public override ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task EndAsync(CancellationToken cancellation)
    {
        try
        {
            await Stage.UntilAsync(Stage.To, cancellation);
            if (IsConverged) _converged.TrySetResult();
            await Task.WhenAny(_converged.Task, Stage.UntilAsync(Stage.Deadline, cancellation));
        }
        finally
        {
            _aware.Writer.TryComplete();
        }
    }

    private void Received(in MqttMessage message)
    {
        if (!Utf8Parser.TryParse(message.Topic[^TopicDigits..], out int topic, out _)) throw new InvalidDataException("A topic that nobody subscribed to");
        TopicView view = View(topic);
        bool first = view.Version < 0;
        TimeSpan now = first ? TimeSpan.Zero : Stage.Now;
        if (view.Observe(ChangeSchedule.Version(message.Payload), now) is { } awareness) _aware.Writer.TryWrite(awareness);
        if (first && --_waiting == 0) _first.TrySetResult();
        if (view.IsConverged && now >= Stage.To && IsConverged) _converged.TrySetResult();
    }
}
