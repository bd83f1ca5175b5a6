using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.8.4: messages come with the lower of the published and the granted QoS, live and retained.</summary>
public sealed class GrantedQosTests
{
    public static TheoryData<ProtocolVersion, int, int> Matrix { get; } = Pairs();

    [Theory]
    [MemberData(nameof(Matrix))]
    [Clause("MQTT-3.8.4-8")]
    public void Live_messages_have_the_lower_qos(ProtocolVersion version, int published, int granted)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        Assert.Equal([(ReasonCode)granted], client.SubscribeTo("a", granted));

        Assert.Equal(ReasonCode.Success, broker.Connect("p", version).Publish("a", "x", published));

        Assert.Equal([$"a=x q{Math.Min(published, granted)}"], client.Seen());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Clause("MQTT-3.8.4-8")]
    public void Retained_messages_have_the_lower_qos(ProtocolVersion version, int published, int granted)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "x", published, retain: true);
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo("a", granted);

        Assert.Equal([$"a=x q{Math.Min(published, granted)} retained"], client.Seen());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Clause("MQTT-4.8.2-3")]
    public void Shared_messages_have_the_lower_qos(ProtocolVersion version, int published, int granted)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        Assert.Equal([(ReasonCode)granted], client.SubscribeTo("$share/g/a", granted));

        broker.Connect("p", version).Publish("a", "x", published);

        Assert.Equal([$"a=x q{Math.Min(published, granted)}"], client.Seen());
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Clause("MQTT-3.3.4-2")]
    [Clause("V311:MQTT-3.3.5-1")]
    public void Overlapping_subscriptions_give_the_highest_of_theirs(ProtocolVersion version, int published, int granted)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo(
            new SubscribeFilter("a/+"), new SubscribeFilter("a/#", (QualityOfService)granted), new SubscribeFilter("+/b"));

        broker.Connect("p", version).Publish("a/b", "x", published);

        Assert.Equal([$"a/b=x q{Math.Min(published, granted)}"], client.Seen());
    }

    private static TheoryData<ProtocolVersion, int, int> Pairs()
    {
        var pairs = new TheoryData<ProtocolVersion, int, int>();
        foreach (ProtocolVersion version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            for (int published = 0; published < 3; published++)
            {
                for (int granted = 0; granted < 3; granted++) pairs.Add(version, published, granted);
            }
        }

        return pairs;
    }
}
