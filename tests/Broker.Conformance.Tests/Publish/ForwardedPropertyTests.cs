using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>The properties that travel from publisher to subscriber as they are.</summary>
public sealed class ForwardedPropertyTests
{
    private static readonly byte[] _correlation = [0, 255, 1, 254];

    [Theory]
    [MemberData(nameof(Versions.EveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.2-4")]
    [Clause("MQTT-3.3.2-15")]
    [Clause("MQTT-3.3.2-16")]
    [Clause("MQTT-3.3.2-17")]
    [Clause("MQTT-3.3.2-18")]
    [Clause("MQTT-3.3.2-20")]
    public void They_arrive_unaltered(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos);

        broker.Connect("publisher").PublishToEnd("a", "x", qos, properties: All());

        Assert.Equal(All(), subscriber.ExpectMessage("x").Properties);
    }

    [Fact]
    [Clause("MQTT-3.3.2-4")]
    [Clause("MQTT-3.3.2-18")]
    public void They_arrive_with_a_retained_message()
    {
        using var broker = new TestBroker();
        broker.Connect("publisher").Publish("a", "x", retain: true, properties: All());

        Assert.Equal(All(), broker.Subscriber("a").ExpectMessage("x").Properties);
    }

    [Fact]
    [Clause("MQTT-3.3.2-18")]
    public void They_arrive_with_a_queued_message_and_when_it_is_sent_again()
    {
        using var broker = new TestBroker();
        broker.KeptSubscriber("a", QualityOfService.ExactlyOnce).Drop();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce, properties: All());

        for (int i = 0; i < 2; i++)
        {
            TestClient subscriber = broker.Resume("subscriber");
            Assert.Equal(All(), subscriber.ExpectMessage("x").Properties);
            subscriber.Drop();
        }
    }

    [Fact]
    [Clause("MQTT-3.3.2-18")]
    public void They_arrive_with_a_will()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        var will = new WillOptions("a", "x"u8.ToArray()) { Properties = All() };
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "dying", Will = will });

        client.Drop();

        Assert.Equal(All(), subscriber.ExpectMessage("x").Properties);
    }

    [Fact]
    [Clause("MQTT-3.3.2-17")]
    [Clause("MQTT-3.3.2-18")]
    public void User_properties_keep_their_order_and_their_duplicates_between_other_properties()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        Properties sent = new Properties().User("b", "2").ContentType("t").User("a", "1").User("b", "2").User("", "").MessageExpiryInterval(9)
            .User("a", "0").TopicAlias(1).User("b", "2");

        broker.Connect("publisher").Publish("a", "x", properties: sent);

        ServerPacket.Publish message = subscriber.ExpectMessage("x");
        Assert.Equal(sent.UserProperties, message.Properties.UserProperties);
        Assert.Equal("t", message.Properties.Text(PropertyId.ContentType));
        Assert.False(message.Properties.Has(PropertyId.TopicAlias));
    }

    [Fact]
    public void Subscribers_with_an_older_version_get_the_message_without_them()
    {
        using var broker = new TestBroker();
        TestClient older = broker.Connect("older", ProtocolVersion.V311);
        older.Subscribe("a", QualityOfService.ExactlyOnce);

        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce, properties: All().MessageExpiryInterval(10));

        Assert.Equal("x", older.Expect<ServerPacket.Publish>().Text); // the payload would begin with them
    }

    [Theory]
    [MemberData(nameof(Versions.EveryQos), MemberType = typeof(Versions))]
    public void A_message_of_an_older_publisher_has_none(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos);

        broker.Connect("publisher", ProtocolVersion.V311).PublishToEnd("a", "x", qos);

        Assert.Empty(subscriber.ExpectMessage("x").Properties);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(63, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void So_many_user_properties_are_taken_as_the_limit_says(int count, bool isTaken)
    {
        using var broker = new TestBroker(new() { UserProperties = 64 });
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher");
        var properties = new Properties();
        for (int i = 0; i < count; i++) properties.User("name", i.ToString(CultureInfo.InvariantCulture));

        publisher.Publish("a", "x", properties: properties);

        if (isTaken) Assert.Equal(properties, subscriber.ExpectMessage("x").Properties);
        else publisher.ExpectClosed(ReasonCode.QuotaExceeded);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(65_535)]
    [Clause("MQTT-3.3.2-16")]
    public void Values_of_every_length_arrive(int length)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        Properties properties = new Properties().CorrelationData(new byte[length]).User("n", new string('v', length));

        broker.Connect("publisher").Publish("a", "x", properties: properties);

        Assert.Equal(properties, subscriber.ExpectMessage("x").Properties);
    }

    private static Properties All() => new Properties()
        .PayloadFormatIndicator(1)
        .ResponseTopic("answers/é")
        .User("z", "1")
        .CorrelationData(_correlation)
        .User("a", "2")
        .ContentType("text/plain")
        .User("z", "1");
}
