using System.Text;
using Broker.Conformance.Tests.Subscribe;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

[Collection(MeasuredAlone.Name)]
public sealed class ChangeMemoryTests
{
    [Fact]
    public void A_topic_under_a_rule_costs_a_bounded_number_of_bytes_beyond_its_value()
    {
        const int Topics = 100_000;
        const int Most = 200;
        using var broker = new TestBroker(new BrokerLimits(), changeRules: [new ChangeRule("all", "plant/#"u8.ToArray(), ChangeOptions.Exact)]);
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "plant/warm", "up"));
        long before = GC.GetTotalMemory(forceFullCollection: true);

        long values = 0;
        for (int i = 0; i < Topics; i++)
        {
            string topic = $"plant/line-{i / 100}/sensor-{i}/temp";
            publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, "21.5"));
            values += Encoding.UTF8.GetByteCount(topic) + 4;
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before - values) / Topics;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a topic beyond its name and value");
        Assert.Equal(Topics + 1, broker.Broker.Context.Values.Count - 1); // and the publisher's presence
        Assert.InRange(each, 0, Most);
    }
}
