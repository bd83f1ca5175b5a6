namespace Broker.LoadTests.Loads;

/// <summary>Steps the load up until a threshold breaks, then looks for the knee between the last good step and the first bad one.</summary>
public static class Capacity
{
    private const double Factor = 2;
    private const int Refinements = 3;

    /// <summary>Finds it.</summary>
    /// <param name="run">Runs the scenario at a load.</param>
    /// <param name="most">Where to stop in any case.</param>
    /// <param name="told">Told each step.</param>
    public static async Task<CapacityResult> FindAsync(Func<double, Task<LoadOutcome>> run, double most, Action<CapacityStep> told)
    {
        var steps = new List<CapacityStep>();
        double good = 0;
        double bad = double.PositiveInfinity;
        for (double load = 1; load <= most && double.IsInfinity(bad); load *= Factor) await StepAsync(load);
        for (int i = 0; i < Refinements && good > 0 && !double.IsInfinity(bad); i++) await StepAsync((good + bad) / 2);
        return new CapacityResult(steps, good, bad, steps.FirstOrDefault(step => step.Load == bad)?.Reason);

        async Task StepAsync(double load)
        {
            LoadOutcome outcome = await run(load);
            CapacityStep step = CapacityStep.Of(load, outcome);
            steps.Add(step);
            told(step);
            if (step.Reason is null) good = Math.Max(good, load);
            else bad = Math.Min(bad, load);
        }
    }
}
