using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Message Expiry Interval: what waits too long is not delivered, what is delivered says how long it has left.</summary>
public sealed class MessageExpiryTests
{
    [Fact]
    [Clause("MQTT-3.3.2-6")]
    public void A_message_that_does_not_wait_keeps_its_interval()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");

        broker.Connect("publisher").Publish("a", "x", properties: Expiry(10));

        Assert.Equal(10u, subscriber.ExpectMessage("x").Properties.Number(PropertyId.MessageExpiryInterval));
    }

    [Theory]
    [InlineData(3, 7u)]
    [InlineData(9, 1u)]
    [Clause("MQTT-3.3.2-6")]
    public void A_message_that_waited_says_what_is_left(int seconds, uint left)
    {
        using var broker = new TestBroker();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce, properties: Expiry(10));

        broker.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(left, broker.Resume("subscriber").ExpectMessage("x").Properties.Number(PropertyId.MessageExpiryInterval));
    }

    [Theory]
    [InlineData(9.9, true)]
    [InlineData(10, false)]
    [InlineData(11, false)]
    [Clause("MQTT-3.3.2-5")]
    public void A_queued_message_that_expired_is_not_delivered_and_counted(double seconds, bool isDelivered)
    {
        using var broker = new TestBroker();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce, properties: Expiry(10));
        publisher.PublishToEnd("a", "for ever", QualityOfService.AtLeastOnce);

        broker.Advance(TimeSpan.FromSeconds(seconds));

        List<string> texts = broker.Resume("subscriber").Texts();
        Assert.Equal(isDelivered ? ["x", "for ever"] : (string[])["for ever"], texts);
        Assert.Equal(isDelivered ? 0 : 1, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.Expired));
    }

    [Fact]
    [Clause("MQTT-3.3.2-5")]
    public void A_message_that_expires_behind_a_full_window_is_not_delivered()
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "2", QualityOfService.AtLeastOnce, properties: Expiry(5));
        publisher.PublishToEnd("a", "3", QualityOfService.AtLeastOnce);
        ServerPacket.Publish first = subscriber.ExpectMessage("1");

        broker.Advance(TimeSpan.FromSeconds(6));
        subscriber.PubAck(first.PacketId);

        subscriber.ExpectMessage("3");
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-7")]
    [Clause("MQTT-4.3.3-13")]
    public void A_message_in_flight_is_sent_again_although_it_expired(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce, properties: Expiry(5));
        ServerPacket.Publish message = subscriber.ExpectMessage("x");
        subscriber.Drop();

        broker.Advance(TimeSpan.FromSeconds(60));
        subscriber = broker.Resume("subscriber");

        ServerPacket.Publish again = subscriber.ExpectMessage("x");
        Assert.Equal((message.PacketId, true), (again.PacketId, again.Dup));
        subscriber.Finish(again);
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-13")]
    public void The_exchange_goes_on_although_the_message_expired(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce, properties: Expiry(2));
        ServerPacket.Publish message = subscriber.ExpectMessage("x");

        broker.Advance(TimeSpan.FromSeconds(30));

        subscriber.Finish(message);
        subscriber.ExpectAlive();
    }

    [Fact]
    [Clause("MQTT-4.3.3-13")]
    public void A_publication_in_the_middle_of_its_exchange_expires_and_the_exchange_ends_in_order()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 1, properties: Expiry(1));
        publisher.ExpectAck<ServerPacket.PubRec>(1);

        broker.Advance(TimeSpan.FromSeconds(30));
        publisher.PubRel(1);

        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubComp>(1).ReasonCode);
    }

    [Theory]
    [InlineData(4, 6u)]
    [InlineData(12, null)]
    [Clause("MQTT-3.3.2-5")]
    [Clause("MQTT-3.3.2-6")]
    public void A_retained_message_expires_too(int seconds, uint? left)
    {
        using var broker = new TestBroker();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce, retain: true, properties: Expiry(10));

        broker.Advance(TimeSpan.FromSeconds(seconds));
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce);

        if (left is null) subscriber.ExpectNothing();
        else Assert.Equal(left, subscriber.ExpectMessage("x").Properties.Number(PropertyId.MessageExpiryInterval));
    }

    [Fact]
    public void An_expired_retained_message_holds_no_memory()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        long before = broker.CountMessages();
        for (int i = 0; i < 100; i++) publisher.Publish($"a/{i}", "x", retain: true, properties: Expiry(10));
        Assert.Equal(before + 100, broker.CountMessages());

        broker.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(before, broker.CountMessages());
    }

    [Fact]
    public void Without_an_interval_a_message_never_expires()
    {
        using var broker = new TestBroker();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce, ProtocolVersion.V311).Drop();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce);

        broker.Advance(TimeSpan.FromHours(1));

        broker.Resume("subscriber", ProtocolVersion.V311).ExpectMessage("x");
    }

    [Fact]
    public void The_longest_interval_is_forwarded_whole()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");

        broker.Connect("publisher").Publish("a", "x", properties: Expiry(uint.MaxValue));

        Assert.Equal(uint.MaxValue, subscriber.ExpectMessage("x").Properties.Number(PropertyId.MessageExpiryInterval));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(20, false)]
    [Clause("MQTT-3.3.2-5")]
    public void A_message_expires_for_older_subscribers_as_well(int seconds, bool isDelivered)
    {
        using var broker = new TestBroker();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce, ProtocolVersion.V311).Drop();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce, properties: Expiry(10));

        broker.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(isDelivered ? ["x"] : [], broker.Resume("subscriber", ProtocolVersion.V311).Texts());
    }

    private static Properties Expiry(uint seconds) => new Properties().MessageExpiryInterval(seconds);
}
