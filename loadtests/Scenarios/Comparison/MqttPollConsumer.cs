using System.Buffers.Binary;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>Asks the device through the broker, by MQTT 5 request/response on a kept connection: polling without HTTP's cost.</summary>
public sealed class MqttPollConsumer(int index, RunStage stage) : PollingConsumer(index, stage)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly string _responses = $"lab/a/{index:D5}";
    private readonly Lock _gate = new();
    private MqttConnection? _connection;
    private TaskCompletionSource<int>? _answer;
    private int _question;

    public override async Task InitAsync(CancellationToken cancellation)
    {
        _connection = await MqttConnection.OpenAsync(Stage.Mqtt, $"consumer-{Index}", MqttPackets.Version5, Received);
        await _connection.SubscribeAsync(_responses, 0);
        foreach (TopicView view in Views)
        {
            LoadResult result = await AskAsync(view, cancellation);
            if (!result.IsOk) throw new IOException($"The first request for topic {view.Topic} was not answered");
        }
    }

    public override WireBytes Wire() => _connection?.Wire() ?? default;

    public override long Connections() => 1;

    public override ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    protected override async Task<LoadResult> AskAsync(TopicView view, CancellationToken cancellation)
    {
        Task<int> answer;
        byte[] correlation = new byte[4];
        lock (_gate)
        {
            BinaryPrimitives.WriteInt32BigEndian(correlation, ++_question);
            _answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = _answer.Task;
        }

        int version;
        try
        {
            _connection!.Request(ChangePublisher.QuestionTopic(Stage.Workload, view.Topic), _responses, correlation); // InitAsync made it
            version = await answer.WaitAsync(_patience, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            Stage.Failed("no answer");
            return LoadResult.Fail("no answer", e.Message);
        }

        int before = view.Version;
        Learned(view, version);
        Answered(useless: view.Version == before);
        return LoadResult.Ok(Stage.Workload.PayloadBytes);
    }

    private void Received(in MqttMessage message)
    {
        lock (_gate)
        {
            if (BinaryPrimitives.ReadInt32BigEndian(message.Correlation) == _question) _answer?.TrySetResult(ChangeSchedule.Version(message.Payload));
        }
    }
}
