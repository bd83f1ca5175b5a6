using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.8.3.1: the No Local option.</summary>
public sealed class NoLocalTests
{
    private static readonly SubscribeFilter _noLocal = new("a", QualityOfService.AtLeastOnce, NoLocal: true);

    [Fact]
    [Clause("MQTT-3.8.3-3")]
    public void A_client_does_not_get_its_own_messages_and_gets_those_of_others()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(_noLocal);

        client.Publish("a", "own", 1);
        client.ExpectNothing();
        broker.Connect("p").Publish("a", "other", 1);

        Assert.Equal(["a=other q1"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.8.3-3")]
    public void Without_the_option_it_does()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo("a");

        client.Publish("a", "own");

        Assert.Equal(["a=own q0"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.8.3-3")]
    public void An_own_retained_message_is_not_replayed()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("a", "own", 1, retain: true);
        broker.Connect("p").Publish("a/b", "other", 1, retain: true);

        client.SubscribeTo(new SubscribeFilter("a/#", QualityOfService.AtLeastOnce, NoLocal: true));

        Assert.Equal(["a/b=other q1 retained"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.8.3-3")]
    public void It_goes_by_client_identifier_also_after_reconnecting()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c");
        client.Publish("a", "own", 1, retain: true);
        client.SubscribeTo(_noLocal);
        client.Drop();

        client = broker.Resume("c");
        client.Publish("a", "own again", 1, retain: true);
        client.ExpectNothing();
        client.SubscribeTo(_noLocal);
        client.ExpectNothing();

        client = broker.Connect("c"); // a new session of the same client
        client.SubscribeTo(_noLocal);
        client.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.8.3-3")]
    public void Another_session_publishing_is_not_local()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(_noLocal);

        broker.Connect("C").Publish("a", "case matters", 1);

        Assert.Equal(["a=case matters q1"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.4-4")]
    public void An_overlapping_subscription_without_the_option_delivers_with_its_own_qos_and_identifier()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(1, new SubscribeFilter("a/b", QualityOfService.ExactlyOnce, NoLocal: true, RetainAsPublished: true));
        client.SubscribeTo(2, new SubscribeFilter("a/+", QualityOfService.AtLeastOnce));

        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "a/b", "own", QualityOfService.ExactlyOnce, 3, retain: true));
        client.Expect<ServerPacket.PubRec>();
        Assert.Equal(["a/b=own q1 #2"], client.Seen());

        broker.Connect("p").Publish("a/b", "other", 2, retain: true);
        Assert.Equal(["a/b=other q2 retained #1,2"], client.Seen());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_will_of_the_same_client_is_its_own_message(int qos)
    {
        using var broker = new TestBroker();
        var options = new ConnectOptions
        {
            ClientId = "c",
            CleanStart = false,
            Properties = new Properties().SessionExpiryInterval(100),
            Will = new WillOptions("a", "gone"u8.ToArray()) { Qos = (QualityOfService)qos },
        };
        TestClient client = broker.Connect(options);
        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.ExactlyOnce, NoLocal: true));

        client.Drop();

        Assert.Empty(broker.Resume("c").Seen());
    }

    [Fact]
    [Clause("MQTT-3.8.3-4")]
    public void On_a_shared_subscription_it_is_a_protocol_error()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("$share/g/a", NoLocal: true)));

        client.ExpectClosed(ReasonCode.ProtocolError);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Fact]
    public void Acknowledging_does_not_depend_on_it()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(_noLocal);

        ReasonCode code = client.Publish("a", "own", 1);

        Assert.True(code is ReasonCode.Success or ReasonCode.NoMatchingSubscribers);
    }
}
