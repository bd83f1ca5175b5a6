using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.3.1.3: the RETAIN flag of what subscribers get, and Retain As Published.</summary>
public sealed class RetainFlagTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-12")]
    [Clause("V311:MQTT-3.3.1-9")]
    public void An_established_subscription_gets_it_cleared(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 1);

        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "retained", 1, retain: true);
        publisher.Publish("a", "not", 1);
        publisher.Publish("a", "", 1, retain: true);

        Assert.Equal(["a=retained q1", "a=not q1", "a= q1"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.1-13")]
    public void Retain_as_published_leaves_it_as_it_was()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.AtLeastOnce, RetainAsPublished: true));

        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "retained", 1, retain: true);
        publisher.Publish("a", "not", 1);
        publisher.Publish("a", "", 1, retain: true);

        Assert.Equal(["a=retained q1 retained", "a=not q1", "a= q1 retained"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-9")]
    [Clause("V311:MQTT-3.3.1-6")]
    [Clause("V311:MQTT-3.3.1-8")]
    public void A_new_subscription_gets_it_set(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "x", retain: true);
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo("a");

        Assert.Equal(["a=x q0 retained"], client.Seen());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Clause("MQTT-3.3.1-9")]
    public void A_replay_has_it_set_whatever_retain_as_published_says(bool asPublished)
    {
        using var broker = new TestBroker();
        broker.Connect("p").Publish("a", "x", retain: true);
        TestClient client = broker.Connect("c");

        client.SubscribeTo(new SubscribeFilter("a", RetainAsPublished: asPublished));

        Assert.Equal(["a=x q0 retained"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.1-12")]
    [Clause("MQTT-3.3.1-13")]
    public void Two_clients_with_different_options_each_get_their_own()
    {
        using var broker = new TestBroker();
        TestClient old = broker.Connect("old", ProtocolVersion.V311);
        TestClient plain = broker.Connect("plain");
        TestClient asPublished = broker.Connect("as published");
        old.SubscribeTo("a");
        plain.SubscribeTo("a");
        asPublished.SubscribeTo(new SubscribeFilter("a", RetainAsPublished: true));

        broker.Connect("p").Publish("a", "x", retain: true);

        Assert.Equal(["a=x q0"], old.Seen());
        Assert.Equal(["a=x q0"], plain.Seen());
        Assert.Equal(["a=x q0 retained"], asPublished.Seen());
    }

    [Fact]
    public void The_flag_survives_the_queue_of_an_absent_client_and_resending()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c");
        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.AtLeastOnce, RetainAsPublished: true));
        client.Drop();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "1", 1, retain: true);
        publisher.Publish("a", "2", 1);

        client = broker.Resume("c");
        Assert.Equal(["a=1 q1 retained", "a=2 q1"], client.All().Cast<ServerPacket.Publish>().Select(Exchanges.Line));
        client.Drop();
        client = broker.Resume("c");

        Assert.Equal(["a=1 q1 retained dup", "a=2 q1 dup"], client.Seen());
    }

    [Fact]
    public void A_shared_subscription_honours_retain_as_published()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(new SubscribeFilter("$share/g/a", RetainAsPublished: true));

        broker.Connect("p").Publish("a", "x", retain: true);

        Assert.Equal(["a=x q0 retained"], client.Seen());
    }
}
