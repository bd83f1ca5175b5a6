namespace Broker.LoadTests.Engine;

/// <summary>Runs scenarios: the engine of this project, or an adapter to another one.</summary>
public interface ILoadHost
{
    /// <summary>As reports call it.</summary>
    string Name { get; }

    /// <summary>What its measured latencies can be trusted with, in one sentence for reports.</summary>
    string Method { get; }

    /// <summary>Runs all scenarios at the same time, to their end.</summary>
    Task<LoadReport> RunAsync(IReadOnlyList<LoadScenario> scenarios, LoadRunOptions options, CancellationToken cancellation);
}
