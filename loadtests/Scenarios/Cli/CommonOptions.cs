using System.CommandLine;
using Broker.LoadTests.Brokers;

namespace Broker.LoadTests.Cli;

/// <summary>What every measuring command takes.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> _broker = new("--broker")
    {
        Description = "which broker to start: broker (this repository's), mosquitto, or a command line with {port} in it",
        DefaultValueFactory = _ => BrokerChoice.Own,
    };

    private readonly Option<string[]> _target = new("--target") { Description = "a broker that runs already: mqtt://host:port, and http://host:port beside it for polling", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _targetPid = new("--target-pid") { Description = "the process of --target on this machine, to see its CPU and memory" };
    private readonly Option<string?> _executable = new("--executable") { Description = "another build of this repository's broker, such as native code" };
    private readonly Option<bool> _noPin = new("--no-pin") { Description = "do not keep broker and generator on processors of their own" };
    private readonly Option<int> _seed = new("--seed") { Description = "the same seed makes the same changes and phases", DefaultValueFactory = _ => 20260101 };
    private readonly Option<string?> _output = new("--output") { Description = "the folder to put the report's folder into (default loadtests/reports)" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _broker, _target, _targetPid, _executable, _noPin, _seed, _output }) command.Add(option);
    }

    public int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public string? Output(ParseResult parsed) => parsed.GetValue(_output);

    public CpuPinning? Pinning(ParseResult parsed) => parsed.GetValue(_noPin) ? null : CpuPinning.Plan();

    /// <exception cref="FormatException">A target is no address.</exception>
    public BrokerChoice Choice(ParseResult parsed)
    {
        Uri[] targets = [.. (parsed.GetValue(_target) ?? []).Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? uri : throw new FormatException($"'{text}' is no address such as mqtt://127.0.0.1:1883."))];
        if (targets.Length > 0 && targets.All(target => target.Scheme != "mqtt")) throw new FormatException("--target needs an mqtt:// address; http:// comes beside it.");
        return new BrokerChoice
        {
            Broker = parsed.GetValue(_broker)!, // has a default
            Mqtt = targets.FirstOrDefault(target => target.Scheme == "mqtt"),
            Http = targets.FirstOrDefault(target => target.Scheme == "http"),
            ProcessId = parsed.GetValue(_targetPid),
            Executable = parsed.GetValue(_executable),
        };
    }
}
