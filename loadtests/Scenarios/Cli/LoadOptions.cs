using System.CommandLine;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Cli;

/// <summary>What <c>run</c>, <c>capacity</c> and <c>soak</c> take, each for its load.</summary>
internal sealed class LoadOptions
{
    private readonly Option<int> _payload = new("--payload") { Description = "bytes", DefaultValueFactory = _ => 64 };
    private readonly Option<string[]> _thresholds = new("--threshold") { Description = "a bound in place of the scenario's own, e.g. 'deliver p99 < 20'; may repeat" };

    private readonly Option<ArrivalSpacing> _arrivals = new("--arrivals")
    {
        Description = "how iterations come: even (at equal distances), poisson (as independent users do) or uniform (at random places in each interval)",
        DefaultValueFactory = _ => ArrivalSpacing.Even,
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _payload, _thresholds, _arrivals }) command.Add(option);
    }

    public int Payload(ParseResult parsed) => parsed.GetValue(_payload);

    public ArrivalSpacing Arrivals(ParseResult parsed) => parsed.GetValue(_arrivals);

    /// <exception cref="FormatException">One is no threshold.</exception>
    public IReadOnlyList<Threshold> Thresholds(ParseResult parsed) => [.. (parsed.GetValue(_thresholds) ?? []).Select(Threshold.Parse)];
}
