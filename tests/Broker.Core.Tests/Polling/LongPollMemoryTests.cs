using Broker.Core.Polling;
using Broker.Core.Tests.Topics;
using Broker.Testing;
using Xunit;

namespace Broker.Core.Tests.Polling;

[Collection(nameof(HeapMeasurement))]
public sealed class LongPollMemoryTests
{
    [Fact]
    public void Ten_thousand_that_wait_cost_less_than_a_kilobyte_each()
    {
        const int Count = 10_000;
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "1");
        var known = new KnownTags([broker.TagOf("t")], IsAny: false);
        byte[] topic = PollSteps.Utf8("t");
        var polls = new Task<PollResult>[Count];
        long before = GC.GetTotalMemory(forceFullCollection: true);

        for (int i = 0; i < Count; i++) polls[i] = broker.Broker.Polling.ReadAsync(PollSteps.Caller, topic, known, TimeSpan.FromSeconds(30), CancellationToken.None).AsTask();
        long after = GC.GetTotalMemory(forceFullCollection: true);

        Assert.Equal(Count, broker.Broker.Polling.WaitingCount);
        Assert.InRange((after - before) / Count, 100, 1_024);
        GC.KeepAlive(polls);
    }
}
