using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Topic aliases that a client sets.</summary>
public sealed class IncomingTopicAliasTests
{
    [Theory]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    [Clause("MQTT-3.3.2-12")]
    public void An_alias_stands_for_its_topic(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishToEnd("a/b", "1", qos, properties: Alias(1));
        publisher.PublishToEnd("", "2", qos, properties: Alias(1));
        publisher.PublishToEnd("a/b", "3", qos);

        Assert.Equal([("a/b", "1"), ("a/b", "2"), ("a/b", "3")], Received(subscriber));
    }

    [Fact]
    [Clause("MQTT-3.3.2-12")]
    public void An_alias_can_be_set_anew()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");

        publisher.Publish("a", "1", properties: Alias(5));
        publisher.Publish("b", "2", properties: Alias(5));
        publisher.Publish("", "3", properties: Alias(5));
        publisher.Publish("a", "4", properties: Alias(6));
        publisher.Publish("", "5", properties: Alias(6));
        publisher.Publish("", "6", properties: Alias(5));

        Assert.Equal([("a", "1"), ("b", "2"), ("b", "3"), ("a", "4"), ("a", "5"), ("b", "6")], Received(subscriber));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(65_535)]
    [Clause("MQTT-3.3.2-12")]
    public void Every_alias_up_to_the_announced_maximum_is_taken(int maximum)
    {
        using var broker = new TestBroker(new() { TopicAliases = maximum });
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");
        Assert.Equal((uint)maximum, publisher.ConnAck.Properties.Number(PropertyId.TopicAliasMaximum));

        publisher.Publish("a", "1", properties: Alias((ushort)maximum));
        publisher.Publish("", "2", properties: Alias((ushort)maximum));

        Assert.Equal([("a", "1"), ("a", "2")], Received(subscriber));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(32, 33)]
    [InlineData(32, 65_535)]
    [Clause("MQTT-3.3.2-9")]
    public void An_alias_above_the_maximum_ends_the_connection(int maximum, int alias)
    {
        using var broker = new TestBroker(new() { TopicAliases = maximum });
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");

        publisher.Publish("a", "1", properties: Alias((ushort)alias));

        publisher.ExpectClosed(ReasonCode.TopicAliasInvalid);
        subscriber.ExpectNothing();
    }

    [Fact]
    public void An_alias_that_was_never_set_ends_the_connection()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a", "1", properties: Alias(1));

        publisher.Publish("", "2", properties: Alias(2));

        publisher.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    [Clause("MQTT-3.3.2-7")]
    public void Aliases_belong_to_one_connection()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient first = broker.Connect("first");
        TestClient second = broker.Connect("second");
        first.Publish("a", "1", properties: Alias(1));
        second.Publish("b", "2", properties: Alias(1));
        first.Publish("", "3", properties: Alias(1));

        Assert.Equal([("a", "1"), ("b", "2"), ("a", "3")], Received(subscriber));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Clause("MQTT-3.3.2-7")]
    public void Aliases_die_with_their_connection_while_the_session_lives(bool takesOver)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Resume("publisher");
        publisher.Publish("a", "1", properties: Alias(1));
        if (!takesOver) publisher.Drop();

        publisher = broker.Resume("publisher");
        publisher.Publish("", "2", properties: Alias(1));

        publisher.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void A_duplicate_and_a_refused_publication_set_their_aliases_as_well()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Resume("publisher");
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.Drop();
        publisher = broker.Resume("publisher");

        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1, dup: true, properties: Alias(1));
        publisher.Publish("", "2", properties: Alias(1));

        Assert.Equal([("a", "1"), ("a", "2")], Received(subscriber));
    }

    [Fact]
    public void An_alias_does_not_lead_around_the_bounds_of_topics()
    {
        using var broker = new TestBroker(new() { TopicBytes = 10 });
        TestClient publisher = broker.Connect("publisher");

        for (int i = 0; i < 2; i++)
        {
            string topic = i == 0 ? new string('a', 60_000) : "";
            Assert.Equal(ReasonCode.TopicNameInvalid, publisher.PublishToEnd(topic, "x", QualityOfService.AtLeastOnce, properties: Alias(1)));
        }

        publisher.ExpectAlive();
    }

    [Fact]
    [Clause("MQTT-3.3.2-7")]
    public void Neither_the_alias_nor_its_absence_travels_on()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");

        publisher.Publish("a", "1", properties: Alias(1));

        Assert.Empty(subscriber.ExpectMessage("1").Properties);
    }

    private static Properties Alias(ushort alias) => new Properties().TopicAlias(alias);

    private static List<(string Topic, string Text)> Received(TestClient client) =>
        [.. client.All().Cast<ServerPacket.Publish>().Select(m => (m.Topic, m.Text))];
}
