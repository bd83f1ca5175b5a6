using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Comparison;

/// <summary>Asks at equal distances, whatever happened; one question at a time. If an answer is late, the ticks that passed are skipped and counted.</summary>
public abstract class PollingConsumer : Consumer
{
    private readonly TimeSpan _phase;
    private readonly (TimeSpan At, int Version)?[] _last;
    private TimeSpan? _learned;

    protected PollingConsumer(int index, RunStage stage) : base(index, stage)
    {
        // Phases must be random, or polls and periodic changes march in step.
        _phase = Plan.Interval * new Random(HashCode.Combine(stage.Seed, index)).NextDouble();
        _last = new (TimeSpan, int)?[Views.Count];
    }

    /// <summary>Ticks at which the answer of an earlier one was still awaited.</summary>
    public long Skipped { get; private set; }

    public override Task RehearseAsync(CancellationToken cancellation) => AskAsync(Views[0], cancellation);

    public override async Task RunAsync(ILoadContext context)
    {
        for (long tick = 0; ; tick++)
        {
            TimeSpan due = _phase + Plan.Interval * tick;
            if (due + Plan.Interval < Stage.Now)
            {
                Skipped++;
                continue;
            }

            await Stage.UntilAsync(due, context.Cancellation);
            TimeSpan now = Stage.Now;
            if (due >= Stage.From && due < Stage.To) Stage.PollLateness.Record(now - due);
            await AskAllAsync(context);
            now = Stage.Now;
            if ((now >= Stage.To && IsConverged) || now >= Stage.Deadline) return;
        }
    }

    /// <summary>One tick: asks for every topic.</summary>
    protected virtual async Task AskAllAsync(ILoadContext context)
    {
        foreach (TopicView view in Views)
        {
            TimeSpan? awareness = null;
            await context.StepAsync("poll", async () =>
            {
                TimeSpan asked = Stage.Now;
                LoadResult result = await AskAsync(view, context.Cancellation);
                if (result.IsOk) awareness = Polled(view, view.Version, asked);
                return result;
            });
            if (awareness is { } time) await AwareAsync(context, time);
        }
    }

    /// <summary>Asks for one topic, and notes the version that was answered with <see cref="Learned"/>.</summary>
    protected abstract Task<LoadResult> AskAsync(TopicView view, CancellationToken cancellation);

    /// <summary>An answer had this version.</summary>
    protected void Learned(TopicView view, int version)
    {
        TimeSpan now = view.Version < 0 ? TimeSpan.Zero : Stage.Now; // the first value comes before the clock starts
        _learned = version > view.Version ? view.Observe(version, now) : null;
    }

    /// <summary>Notes a poll for the oracle, at the middle between question and answer.</summary>
    /// <returns>The awareness of what it brought.</returns>
    protected TimeSpan? Polled(TopicView view, int version, TimeSpan asked)
    {
        TimeSpan? learned = _learned;
        _learned = null;
        view.ObservePoll(version, asked + (Stage.Now - asked) / 2, ref _last[view.Topic - Plan.FirstTopic], Stage.Workload.TopicRates[view.Topic]);
        return learned;
    }
}
