using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>Somebody who wants to know the values of some topics.</summary>
public abstract class Consumer : IAsyncDisposable
{
    private long _requests;
    private long _useless;

    protected Consumer(int index, RunStage stage)
    {
        Index = index;
        Stage = stage;
        Plan = stage.Workload.Consumers[index];
        Sightings = new Sightings(stage.Awareness(Plan.Cell));
        Views = [.. Enumerable.Range(Plan.FirstTopic, stage.Workload.TopicsPerConsumer).Select(topic => new TopicView(topic, stage.Schedule, stage.From, stage.To, Sightings))];
    }

    public int Index { get; }

    public ConsumerPlan Plan { get; }

    public Sightings Sightings { get; }

    /// <summary>Questions that were answered.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Answers with nothing new in them.</summary>
    public long Useless => Interlocked.Read(ref _useless);

    protected RunStage Stage { get; }

    protected IReadOnlyList<TopicView> Views { get; }

    protected bool IsConverged => Views.All(view => view.IsConverged);

    /// <summary>Connects, and gets the first value of every topic.</summary>
    public abstract Task InitAsync(CancellationToken cancellation);

    /// <summary>Does once what a run does many times, before anything counts.</summary>
    public abstract Task RehearseAsync(CancellationToken cancellation);

    /// <summary>Follows its topics until all changes are over and known, or patience is.</summary>
    public abstract Task RunAsync(ILoadContext context);

    /// <summary>What its connections moved so far.</summary>
    public abstract WireBytes Wire();

    /// <summary>How many connections it opened so far.</summary>
    public abstract long Connections();

    public abstract ValueTask DisposeAsync();

    /// <summary>What it never learned of.</summary>
    public void Finish()
    {
        foreach (TopicView view in Views) view.Finish(Stage.Now);
    }

    protected TopicView View(int topic) => Views[topic - Plan.FirstTopic];

    protected void Answered(bool useless)
    {
        Interlocked.Increment(ref _requests);
        if (useless) Interlocked.Increment(ref _useless);
    }

    /// <summary>Tells the host, so that its own report has the time to awareness, too.</summary>
    protected static Task AwareAsync(ILoadContext context, TimeSpan awareness) =>
        context.StepAsync("aware", () => Task.FromResult(LoadResult.Ok(latency: awareness)));
}
