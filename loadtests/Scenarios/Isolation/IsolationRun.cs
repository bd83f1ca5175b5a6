using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Loads;

namespace Broker.LoadTests.Isolation;

/// <summary>
/// What one tenant's abuse does to another tenant's latency. The generators share the machine with the broker, and what they take of its
/// processors is not the broker's doing; so the run with the abuse is held against one in which the same generators abuse a second broker
/// beside it.
/// </summary>
public sealed class IsolationRun(BrokerChoice choice, ILoadHost host, LoadSettings settings, int seed)
{
    /// <summary>The most that the p99 may move.</summary>
    public const double Tolerance = 0.2;

    private static readonly string[] _tenants =
    [
        "--Broker:Endpoints:Abuse:Url", "mqtt://127.0.0.1:0",
        "--Broker:Tenants:victim:Endpoints", "Mqtt",
        "--Broker:Tenants:abuser:Endpoints", "Abuse",
        "--Broker:Endpoints:Abuse:Limits:ConnectRate", "100",
        "--Broker:Tenants:abuser:Limits:Connections", "200",
        "--Broker:Tenants:abuser:Limits:MessageRate", "1000",
        "--Broker:Tenants:abuser:Limits:ByteRate", "1048576",
        "--Broker:Tenants:abuser:Limits:QueueBytes", "8388608",
    ];

    /// <summary>Runs the victim's load once.</summary>
    public async Task<IsolationResult> RunAsync(Abuse abuse, CancellationToken cancellation)
    {
        await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync(choice with { Arguments = _tenants }, null, cancellation);
        await using BrokerUnderTest? other = abuse == Abuse.AnotherBroker ? await BrokerUnderTest.StartAsync(choice with { Arguments = _tenants }, null, cancellation) : null;
        await using AbusiveTenant? abuser = abuse == Abuse.None ? null : new AbusiveTenant((other ?? broker).Endpoint("Abuse"));
        if (abuser is not null) await abuser.StartAsync();
        LoadScenario scenario = Deliver.OneToOne(new LoadEnvironment(broker, settings));
        LoadReport report = await host.RunAsync([scenario], new LoadRunOptions { Name = "isolation", Seed = seed }, cancellation);
        StepSummary step = report.Scenarios[0].Steps[0];
        return new IsolationResult(abuse, step.Response, step.Ok, step.Failed, (abuser?.Connects ?? 0) / report.Scenarios[0].Elapsed.TotalSeconds, (abuser?.Published ?? 0) / report.Scenarios[0].Elapsed.TotalSeconds);
    }
}
