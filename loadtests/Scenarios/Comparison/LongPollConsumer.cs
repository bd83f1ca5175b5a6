using System.Net.Http.Headers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>A question is always open for each topic; the broker answers when there is news.</summary>
public sealed class LongPollConsumer : Consumer
{
    private const int Ok = 200;
    private const int NotModified = 304;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    private readonly HttpPoller _http;
    private readonly Dictionary<int, EntityTagHeaderValue> _tags = [];
    private readonly Lock _gate = new();

    public LongPollConsumer(int index, RunStage stage) : base(index, stage) =>
        _http = new HttpPoller(stage.Http!, close: false, stage.Workload.TopicsPerConsumer);

    public override async Task InitAsync(CancellationToken cancellation)
    {
        foreach (TopicView view in Views)
        {
            HttpAnswer answer = await _http.GetAsync(Path(view), null, cancellation);
            if (answer.Status != Ok) throw new IOException($"The first poll of '{Path(view)}' was answered with {answer.Status}");
            view.Observe(ChangeSchedule.Version(answer.Body), TimeSpan.Zero);
            _tags[view.Topic] = answer.Tag!; // every 200 has one
        }
    }

    public override Task RehearseAsync(CancellationToken cancellation) => _http.GetAsync(Path(Views[0]), _tags[Views[0].Topic], cancellation);

    public override async Task RunAsync(ILoadContext context)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        Task[] following = [.. Views.Select(view => FollowAsync(view, context, enough.Token))];
        for (TimeSpan at = Stage.To; at < Stage.Deadline; at += _look)
        {
            await Stage.UntilAsync(at, context.Cancellation);
            lock (_gate)
            {
                if (IsConverged) break;
            }
        }

        await enough.CancelAsync();
        await Task.WhenAll(following);
    }

    public override WireBytes Wire() => _http.Ledger.Total();

    public override long Connections() => _http.Ledger.Connections;

    public override ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Path(TopicView view) => $"/topics/{Stage.Workload.Topic(view.Topic)}";

    private async Task FollowAsync(TopicView view, ILoadContext context, CancellationToken enough)
    {
        EntityTagHeaderValue tag = _tags[view.Topic];
        while (!enough.IsCancellationRequested)
        {
            HttpAnswer answer;
            try
            {
                answer = await _http.GetAsync($"{Path(view)}?wait=30", tag, enough);
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                return; // the run is over
            }
            catch (HttpRequestException)
            {
                Stage.Failed("no answer");
                return;
            }

            if (answer.Status is not (Ok or NotModified))
            {
                Stage.Failed($"HTTP {answer.Status}");
                return;
            }

            TimeSpan? awareness = null;
            if (answer.Status == Ok)
            {
                tag = answer.Tag!; // every 200 has one
                lock (_gate) awareness = view.Observe(ChangeSchedule.Version(answer.Body), Stage.Now);
            }

            Answered(useless: answer.Status == NotModified);
            if (awareness is { } time) await AwareAsync(context, time);
        }
    }
}
