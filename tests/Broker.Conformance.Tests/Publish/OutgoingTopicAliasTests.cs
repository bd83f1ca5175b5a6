using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Topic aliases that the broker sets.</summary>
public sealed class OutgoingTopicAliasTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    [InlineData(65_535)]
    [Clause("MQTT-3.3.2-11")]
    [Clause("MQTT-3.1.2-26")]
    public void Topics_come_whole_once_and_then_by_an_alias_within_the_clients_maximum(int maximum)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#", QualityOfService.AtMostOnce, new Properties().TopicAliasMaximum((ushort)maximum));
        TestClient publisher = broker.Connect("publisher");
        var aliases = new Dictionary<uint, string>();
        bool isShort = false;

        for (int i = 0; i < 200; i++)
        {
            string topic = $"topic/{i % 50}";
            publisher.Publish(topic, "x");
            ServerPacket.Publish message = subscriber.ExpectMessage("x");
            Assert.Equal(topic, Resolve(message, aliases, maximum));
            isShort |= message.Topic.Length == 0;
        }

        Assert.True(isShort);
        Assert.Equal(Math.Min(maximum, 32), aliases.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [Clause("MQTT-3.1.2-27")]
    [Clause("MQTT-3.3.2-11")]
    public void Without_a_maximum_no_alias_is_sent(int? maximum)
    {
        using var broker = new TestBroker();
        Properties properties = maximum is { } value ? new Properties().TopicAliasMaximum((ushort)value) : [];
        TestClient subscriber = broker.Subscriber("#", QualityOfService.AtMostOnce, properties);
        TestClient publisher = broker.Connect("publisher");

        for (int i = 0; i < 3; i++)
        {
            publisher.Publish("a", "x");
            ServerPacket.Publish message = subscriber.ExpectMessage("x");
            Assert.Equal("a", message.Topic);
            Assert.False(message.Properties.Has(PropertyId.TopicAlias));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_broker_uses_no_more_than_its_own_bound(int bound)
    {
        using var broker = new TestBroker(new() { OutgoingTopicAliases = bound });
        TestClient subscriber = broker.Subscriber("#", QualityOfService.AtMostOnce, new Properties().TopicAliasMaximum(100));
        TestClient publisher = broker.Connect("publisher");
        var aliases = new Dictionary<uint, string>();

        foreach (string topic in (string[])["a", "b", "c", "a", "b", "c"])
        {
            publisher.Publish(topic, "x");
            Assert.Equal(topic, Resolve(subscriber.ExpectMessage("x"), aliases, 100));
        }

        Assert.Equal(bound, aliases.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Clause("MQTT-3.3.2-7")]
    public void A_new_connection_gets_whole_topics_again_also_when_a_message_is_sent_again(bool takesOver)
    {
        using var broker = new TestBroker();
        var properties = new Properties().TopicAliasMaximum(10);
        TestClient subscriber = broker.ConnectWith("subscriber", properties, cleanStart: false);
        subscriber.Subscribe("#", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 1; i <= 2; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);
        Assert.Equal("a", subscriber.ExpectMessage("1").Topic);
        Assert.Equal("", subscriber.ExpectMessage("2").Topic);
        if (!takesOver) subscriber.Drop();

        subscriber = broker.ConnectWith("subscriber", new Properties().TopicAliasMaximum(10), cleanStart: false);

        var aliases = new Dictionary<uint, string>();
        ServerPacket.Publish first = subscriber.ExpectMessage("1");
        Assert.Equal(("a", true), (first.Topic, first.Dup));
        Assert.Equal("a", Resolve(first, aliases, 10));
        Assert.Equal("a", Resolve(subscriber.ExpectMessage("2"), aliases, 10));
    }

    [Fact]
    [Clause("MQTT-3.1.2-27")]
    public void A_new_connection_without_a_maximum_gets_no_aliases()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.ConnectWith("subscriber", new Properties().TopicAliasMaximum(10), cleanStart: false);
        subscriber.Subscribe("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
        subscriber.Drop();

        ServerPacket.Publish again = broker.Resume("subscriber").ExpectMessage("1");

        Assert.Equal("a", again.Topic);
        Assert.Empty(again.Properties);
    }

    [Fact]
    public void A_message_that_is_dropped_leaves_no_alias_behind_that_the_client_never_saw()
    {
        using var broker = new TestBroker();
        var properties = new Properties().TopicAliasMaximum(10).MaximumPacketSize(40);
        TestClient subscriber = broker.Subscriber("#", QualityOfService.AtMostOnce, properties);
        TestClient publisher = broker.Connect("publisher");
        var aliases = new Dictionary<uint, string>();

        for (int size = 60; size > 0; size--)
        {
            publisher.Publish("topic", new string('x', size));
            if (subscriber.Next() is ServerPacket.Publish message) Assert.Equal("topic", Resolve(message, aliases, 10));
        }

        Assert.Single(aliases);
    }

    private static string Resolve(ServerPacket.Publish message, Dictionary<uint, string> aliases, int maximum)
    {
        if (message.Properties.Number(PropertyId.TopicAlias) is not { } alias) return message.Topic;
        Assert.InRange(alias, 1u, (uint)maximum);
        if (message.Topic.Length > 0) aliases[alias] = message.Topic;
        return aliases[alias];
    }
}
