namespace Broker.LoadTests.Comparison;

/// <summary>One point of the plane that push and poll are compared on.</summary>
/// <param name="ChangesPerSecond">Of one topic.</param>
/// <param name="IntervalSeconds">Between two polls of one consumer.</param>
public readonly record struct Cell(double ChangesPerSecond, double IntervalSeconds)
{
    /// <summary>Changes per poll: the one number that everything but cost depends on.</summary>
    public double ChangesPerPoll => ChangesPerSecond * IntervalSeconds;
}
