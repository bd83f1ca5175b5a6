using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.8.2.1.2 and 3.3.2.3.8: Subscription Identifiers.</summary>
public sealed class SubscriptionIdentifierTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Clause("MQTT-3.3.4-3")]
    public void Live_messages_name_the_subscription(int qos)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(17, new SubscribeFilter("a/+", (QualityOfService)qos));

        broker.Connect("p").Publish("a/b", "x", qos);

        Assert.Equal([$"a/b=x q{qos} #17"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.4-3")]
    public void Retained_messages_name_the_subscription_that_they_are_sent_for()
    {
        using var broker = new TestBroker();
        broker.Connect("p").Publish("a", "kept", 1, retain: true);
        TestClient client = broker.Connect("c");

        client.SubscribeTo(1, new SubscribeFilter("a", QualityOfService.AtLeastOnce));
        Assert.Equal(["a=kept q1 retained #1"], client.Seen());
        client.SubscribeTo(2, new SubscribeFilter("#", QualityOfService.AtLeastOnce));
        Assert.Equal(["a=kept q1 retained #2"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.4-4")]
    public void One_copy_for_overlapping_subscriptions_names_all_that_have_one()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(1, new SubscribeFilter("a/b"));
        client.SubscribeTo(2, new SubscribeFilter("a/+", QualityOfService.ExactlyOnce));
        client.SubscribeTo(new SubscribeFilter("a/#", QualityOfService.AtLeastOnce));
        client.SubscribeTo(268_435_455, new SubscribeFilter("#"));
        client.SubscribeTo(9, new SubscribeFilter("other"));

        broker.Connect("p").Publish("a/b", "x", 2);

        Assert.Equal(["a/b=x q2 #1,2,268435455"], client.Seen());
    }

    [Fact]
    public void The_same_identifier_for_several_filters_of_one_packet_is_named_once_or_for_each()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(3, new SubscribeFilter("a/b"), new SubscribeFilter("a/+"), new SubscribeFilter("b"));

        TestClient publisher = broker.Connect("p");
        publisher.Publish("a/b", "x");
        publisher.Publish("b", "y");

        List<ServerPacket.Publish> messages = client.Messages();
        Assert.Equal(["x", "y"], messages.Select(m => m.Text));
        Assert.All(messages, m => Assert.All(m.Properties.SubscriptionIdentifiers, id => Assert.Equal(3u, id)));
        Assert.All(messages, m => Assert.NotEmpty(m.Properties.SubscriptionIdentifiers));
    }

    [Fact]
    [Clause("MQTT-3.8.4-3")]
    public void Subscribing_again_changes_or_removes_the_identifier()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        TestClient publisher = broker.Connect("p");

        client.SubscribeTo(5, new SubscribeFilter("a"));
        publisher.Publish("a", "1");
        Assert.Equal(["a=1 q0 #5"], client.Seen());
        client.SubscribeTo(6, new SubscribeFilter("a"));
        publisher.Publish("a", "2");
        Assert.Equal(["a=2 q0 #6"], client.Seen());
        client.SubscribeTo(new SubscribeFilter("a"));
        publisher.Publish("a", "3");
        Assert.Equal(["a=3 q0"], client.Seen());
    }

    [Fact]
    public void A_kept_session_keeps_the_identifier_and_a_resent_message_has_it_too()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c");
        client.SubscribeTo(8, new SubscribeFilter("a", QualityOfService.AtLeastOnce));
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "sent", 1);
        client.Expect<ServerPacket.Publish>();
        client.Drop();
        publisher.Publish("a", "queued", 1);

        client = broker.Resume("c");

        Assert.Equal(["a=sent q1 dup #8", "a=queued q1 #8"], client.Seen());
    }

    [Fact]
    public void A_shared_subscription_has_one_too()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(7, new SubscribeFilter("$share/g/a"));

        broker.Connect("p").Publish("a", "x");

        Assert.Equal(["a=x q0 #7"], client.Seen());
    }

    [Fact]
    public void Identifiers_follow_the_properties_of_the_publisher_and_change_none_of_them()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(7, new SubscribeFilter("a"));
        Properties given = new Properties().ContentType("text/plain").User("k", "1").ResponseTopic("r").User("k", "2").CorrelationData([1, 2]);

        broker.Connect("p").Publish("a", "x", properties: given);

        ServerPacket.Publish message = Assert.Single(client.Messages());
        Assert.Equal([7u], message.Properties.SubscriptionIdentifiers);
        Assert.Equal([("k", "1"), ("k", "2")], message.Properties.UserProperties);
        Assert.Equal("text/plain", message.Properties.Text(PropertyId.ContentType));
        Assert.Equal("r", message.Properties.Text(PropertyId.ResponseTopic));
        Assert.Equal([1, 2], message.Properties.Bytes(PropertyId.CorrelationData));
    }

    [Fact]
    [Clause("MQTT-3.3.4-6")]
    public void A_client_must_not_send_one_in_publish()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "x", properties: new Properties().SubscriptionIdentifier(1)));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void Connack_says_nothing_against_identifiers_wildcards_and_shared_subscriptions()
    {
        using var broker = new TestBroker();

        Properties properties = broker.Connect("c").ConnAck.Properties;

        Assert.Equal(1u, properties.Number(PropertyId.SubscriptionIdentifierAvailable) ?? 1);
        Assert.Equal(1u, properties.Number(PropertyId.WildcardSubscriptionAvailable) ?? 1);
        Assert.Equal(1u, properties.Number(PropertyId.SharedSubscriptionAvailable) ?? 1);
        Assert.Equal(1u, properties.Number(PropertyId.RetainAvailable) ?? 1);
        Assert.False(properties.Has(PropertyId.MaximumQos)); // QoS 2 is granted; the property may then not be there
    }
}
