using System.Globalization;
using System.Text.Json;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>One GET for all of its topics, with a cursor: the answer has only what changed since.</summary>
public sealed class BatchPollConsumer : PollingConsumer
{
    private const int Ok = 200;

    private readonly HttpPoller _http;
    private readonly string _path;
    private readonly List<TimeSpan?> _learned = [];
    private string? _cursor;

    public BatchPollConsumer(int index, RunStage stage) : base(index, stage)
    {
        _http = new HttpPoller(stage.Http!, close: false);
        _path = $"/topics?filter={stage.Workload.Filter(Plan)}";
    }

    public override async Task InitAsync(CancellationToken cancellation)
    {
        LoadResult result = await AskAsync(Views[0], cancellation);
        if (!result.IsOk) throw new IOException($"The first poll of '{_path}' was answered with {result.StatusCode}");
        if (Views.Any(view => view.Version < 0)) throw new IOException($"The first poll of '{_path}' did not have all topics");
    }

    public override WireBytes Wire() => _http.Ledger.Total();

    public override long Connections() => _http.Ledger.Connections;

    public override ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task AskAllAsync(ILoadContext context)
    {
        TimeSpan?[] learned = [];
        await context.StepAsync("poll", async () =>
        {
            TimeSpan asked = Stage.Now;
            LoadResult result = await AskAsync(Views[0], context.Cancellation);
            if (!result.IsOk) return result;
            foreach (TopicView view in Views) Polled(view, view.Version, asked);
            learned = [.. _learned];
            return result;
        });
        foreach (TimeSpan? awareness in learned)
        {
            if (awareness is { } time) await AwareAsync(context, time);
        }
    }

    protected override async Task<LoadResult> AskAsync(TopicView view, CancellationToken cancellation)
    {
        HttpAnswer answer;
        try
        {
            answer = await _http.GetAsync(_cursor is null ? _path : $"{_path}&since={_cursor}", null, cancellation);
        }
        catch (HttpRequestException e)
        {
            Stage.Failed("no answer");
            return LoadResult.Fail("no answer", e.Message);
        }

        if (answer.Status != Ok)
        {
            Stage.Failed($"HTTP {answer.Status}");
            return LoadResult.Fail($"HTTP {answer.Status}");
        }

        _cursor = answer.Cursor ?? throw new InvalidDataException("A list without Topics-Cursor");
        Answered(useless: Read(answer.Body) == 0);
        return LoadResult.Ok(answer.Body.Length, "200");
    }

    /// <summary>Notes every topic of the list.</summary>
    /// <returns>How many had news.</returns>
    private int Read(byte[] body)
    {
        _learned.Clear();
        int news = 0;
        TimeSpan now = Views[0].Version < 0 ? TimeSpan.Zero : Stage.Now;
        using JsonDocument document = JsonDocument.Parse(body);
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            string topic = entry.GetProperty("topic").GetString()!; // the broker's own format
            TopicView view = View(int.Parse(topic.AsSpan()[^5..], CultureInfo.InvariantCulture));
            int version = ChangeSchedule.Version(System.Text.Encoding.ASCII.GetBytes(entry.GetProperty("text").GetString()!));
            if (version <= view.Version) continue; // a topic may come twice where it changed between two pages
            _learned.Add(view.Observe(version, now));
            news++;
        }

        return news;
    }
}
