using System.Net.Http.Headers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>GET, over and over: with a connection for each, on a kept one, or on a kept one and only for what it does not have.</summary>
public sealed class HttpPollConsumer : PollingConsumer
{
    private const int Ok = 200;
    private const int NotModified = 304;

    private readonly HttpPoller _http;
    private readonly Dictionary<int, EntityTagHeaderValue> _tags = [];
    private readonly bool _conditional;

    public HttpPollConsumer(int index, RunStage stage) : base(index, stage)
    {
        _http = new HttpPoller(stage.Http!, close: stage.Mode == Mode.PollHttpClose);
        _conditional = stage.Mode == Mode.PollHttpEtag;
    }

    public override async Task InitAsync(CancellationToken cancellation)
    {
        foreach (TopicView view in Views)
        {
            LoadResult result = await AskAsync(view, cancellation);
            if (!result.IsOk) throw new IOException($"The first poll of '{Stage.Workload.Topic(view.Topic)}' was answered with {result.StatusCode}");
        }
    }

    public override WireBytes Wire() => _http.Ledger.Total();

    public override long Connections() => _http.Ledger.Connections;

    public override ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<LoadResult> AskAsync(TopicView view, CancellationToken cancellation)
    {
        EntityTagHeaderValue? known = _conditional ? _tags.GetValueOrDefault(view.Topic) : null;
        HttpAnswer answer;
        try
        {
            answer = await _http.GetAsync($"/topics/{Stage.Workload.Topic(view.Topic)}", known, cancellation);
        }
        catch (HttpRequestException e)
        {
            Stage.Failed("no answer");
            return LoadResult.Fail("no answer", e.Message);
        }

        if (answer.Status is not (Ok or NotModified))
        {
            Stage.Failed($"HTTP {answer.Status}");
            return LoadResult.Fail($"HTTP {answer.Status}");
        }

        int before = view.Version;
        if (answer.Status == Ok) Learned(view, ChangeSchedule.Version(answer.Body));
        if (_conditional && answer.Tag is { } tag) _tags[view.Topic] = tag;
        Answered(useless: view.Version == before);
        return LoadResult.Ok(answer.Body.Length, answer.Status == Ok ? "200" : "304");
    }
}
