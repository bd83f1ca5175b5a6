namespace Broker.LoadTests.Engine;

/// <summary>The results of one scenario.</summary>
public sealed record ScenarioSummary
{
    public required string Name { get; init; }

    public IReadOnlyList<StepSummary> Steps { get; init; } = [];

    /// <summary>Whether its load was open, so that response times count from the intended start.</summary>
    public bool IsOpen { get; init; }

    /// <summary>From the first phase's start to the last iteration's end: measured, not planned.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Iterations that were to start; 0 where only the clock decides.</summary>
    public long Planned { get; init; }

    public long Started { get; init; }

    public long Completed { get; init; }

    /// <summary>Iterations that ended with a failure of their own.</summary>
    public long Failed { get; init; }

    /// <summary>Not started, because too many were under way.</summary>
    public long Rejected { get; init; }

    /// <summary>Under way when patience was over.</summary>
    public long Stragglers { get; init; }

    /// <summary>By how much iterations started after their time.</summary>
    public LatencySummary Lateness { get; init; } = LatencySummary.Empty;

    public IReadOnlyList<TimelinePoint> Timeline { get; init; } = [];

    /// <summary>The step of this name, or null if it was never run.</summary>
    public StepSummary? Step(string name) => Steps.FirstOrDefault(step => step.Name == name);
}
