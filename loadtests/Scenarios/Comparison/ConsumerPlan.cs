namespace Broker.LoadTests.Comparison;

/// <summary>One consumer.</summary>
/// <param name="Cell">Index of its point among the workload's.</param>
/// <param name="Interval">Between its polls.</param>
/// <param name="FirstTopic">The first of the neighbouring topics that it follows.</param>
public sealed record ConsumerPlan(int Cell, TimeSpan Interval, int FirstTopic);
