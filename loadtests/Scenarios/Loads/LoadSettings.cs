namespace Broker.LoadTests.Loads;

/// <summary>How much and how long, for the ordinary load scenarios.</summary>
public sealed record LoadSettings
{
    /// <summary>Every scenario's usual rate, times this.</summary>
    public double Load { get; init; } = 1;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    public int PayloadBytes { get; init; } = 64;

    /// <summary>The usual number times the load, at least one.</summary>
    public int Scaled(int usual) => Math.Max(1, (int)Math.Round(usual * Load));
}
