using Broker.Core.Security;
using Broker.Core.Storage;
using Broker.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Runs of a broker over one store, with losses of power between them.</summary>
internal sealed class StoredRuns
{
    /// <summary>The store of the run that goes on, or of the next one.</summary>
    public DelayedStore Store { get; private set; } = new();

    /// <summary>Starts a broker with what the store has.</summary>
    public TestBroker Start(StorePolicy? policy = null, IAuthorizer? authorizer = null, TimeSpan? sysInterval = null) =>
        new(configure: parts => parts with { Store = Store, Authorizer = authorizer ?? parts.Authorizer }, store: policy, sysInterval: sysInterval);

    /// <summary>Starts a broker some time after the beginning of the first run, and gives its clock.</summary>
    public TestBroker StartAt(TimeSpan later, out FakeTimeProvider time)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + later);
        time = clock;
        return new TestBroker(configure: parts => parts with { Store = Store, Time = clock });
    }

    /// <summary>Power is lost: what was not committed is gone, and what the broker still does reaches no disk.</summary>
    public void Crash() => Store = Store.Crash();

    /// <summary>Power is lost, and the broker started again.</summary>
    public TestBroker Restart()
    {
        Crash();
        return Start();
    }
}
