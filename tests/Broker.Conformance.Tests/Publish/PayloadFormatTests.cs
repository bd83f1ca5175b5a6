using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Payload Format Indicator: forwarded always, checked where the endpoint says so.</summary>
public sealed class PayloadFormatTests
{
    private static readonly byte[] _notText = [0xC3, 0x28];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(null)]
    [Clause("MQTT-3.3.2-4")]
    public void The_indicator_travels_as_it_is(int? indicator)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");

        broker.Connect("publisher").Publish("a", "x", properties: Indicator(indicator));

        Assert.Equal((uint?)indicator, subscriber.ExpectMessage("x").Properties.Number(PropertyId.PayloadFormatIndicator));
    }

    [Fact]
    [Clause("MQTT-3.3.2-4")]
    public void Without_the_option_a_false_indicator_passes()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = Connect(broker, validates: false);

        publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", _notText, QualityOfService.AtLeastOnce, 1, properties: Indicator(1)));

        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubAck>(1).ReasonCode);
        Assert.Equal(_notText, subscriber.Expect<ServerPacket.Publish>().Payload);
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    public void With_the_option_a_false_indicator_is_answered_with_0x99(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = Connect(broker, validates: true);

        publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", _notText, qos, 1, properties: Indicator(1)));

        ServerPacket.Ack answer = publisher.Answer(qos, 1);
        Assert.Equal(ReasonCode.PayloadFormatInvalid, answer.ReasonCode);
        Assert.NotNull(answer.ReasonString);
        publisher.ExpectAlive();
        subscriber.ExpectNothing();
    }

    [Fact]
    public void With_the_option_a_false_indicator_at_QoS_0_ends_the_connection()
    {
        using var broker = new TestBroker();
        TestClient publisher = Connect(broker, validates: true);

        publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", _notText, properties: Indicator(1)));

        publisher.ExpectClosed(ReasonCode.PayloadFormatInvalid);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public void With_the_option_bytes_that_claim_nothing_pass(int? indicator)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = Connect(broker, validates: true);

        publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", _notText, properties: Indicator(indicator)));

        Assert.Equal(_notText, subscriber.Expect<ServerPacket.Publish>().Payload);
    }

    [Fact]
    public void With_the_option_text_passes()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");

        Connect(broker, validates: true).Publish("a", "Grüße 🙂\0", properties: Indicator(1));

        subscriber.ExpectMessage("Grüße 🙂\0");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_will_is_checked_as_well_where_the_option_says_so(bool validates)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open(validatePayloadFormat: validates);
        var will = new WillOptions("a", _notText) { Properties = Indicator(1) };

        client.Send(ClientPackets.Connect(new ConnectOptions { Will = will }));

        var answer = client.Expect<ServerPacket.ConnAck>();
        Assert.Equal(validates ? ReasonCode.PayloadFormatInvalid : ReasonCode.Success, answer.ReasonCode);
        Assert.Equal(validates, client.IsClosed);
    }

    private static Properties Indicator(int? value) => value is { } number ? new Properties().PayloadFormatIndicator((byte)number) : [];

    private static TestClient Connect(TestBroker broker, bool validates)
    {
        TestClient client = broker.Open(validatePayloadFormat: validates);
        client.Send(ClientPackets.Connect(new ConnectOptions { ClientId = "publisher" }));
        client.Expect<ServerPacket.ConnAck>();
        return client;
    }
}
