using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>PUBLISH packets that are wrong in themselves: each ends its own connection, with the reason code of the specification.</summary>
public sealed class PublishFormatTests
{
    private static readonly byte[] _noProperties = [0];

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-4")]
    [Clause("V311:MQTT-3.3.1-4")]
    public void QoS_3_is_malformed(ProtocolVersion version) =>
        IsRefused(version, ClientPackets.Publish(version, "a", "x", (QualityOfService)3, 1), ReasonCode.MalformedPacket);

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-2")]
    [Clause("V311:MQTT-3.3.1-2")]
    public void DUP_at_QoS_0_is_refused(ProtocolVersion version) =>
        IsRefused(version, ClientPackets.Publish(version, "a", "x", dup: true), ReasonCode.ProtocolError);

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-2.2.1-3")]
    [Clause("V311:MQTT-2.3.1-1")]
    public void A_packet_identifier_of_0_is_refused(ProtocolVersion version, QualityOfService qos) =>
        IsRefused(version, ClientPackets.Publish(version, "a", "x", qos, id: 0), ReasonCode.ProtocolError);

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-2.2.1-3")]
    [Clause("V311:MQTT-2.3.1-1")]
    public void QoS_1_without_a_packet_identifier_is_malformed(ProtocolVersion version) =>
        IsRefused(version, [0x32, 0x04, 0x00, 0x02, 0x61, 0x62], ReasonCode.MalformedPacket);

    [Theory]
    [InlineData(ProtocolVersion.V311, new byte[] { 0x30, 0x05, 0xFF, 0xFF, 0x61, 0x62, 0x63 })]
    [InlineData(ProtocolVersion.V311, new byte[] { 0x30, 0x02, 0x00, 0x05 })]
    [InlineData(ProtocolVersion.V311, new byte[] { 0x30, 0x01, 0x00 })]
    [InlineData(ProtocolVersion.V311, new byte[] { 0x30, 0x00 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x05, 0xFF, 0xFF, 0x61, 0x62, 0x63 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x02, 0x00, 0x05 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x00 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x05, 0x00, 0x01, 0x61, 0x7F, 0x00 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x03, 0x00, 0x01, 0x61 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x07, 0x00, 0x01, 0x61, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x06, 0x00, 0x01, 0x61, 0x02, 0x23, 0x00 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x30, 0x06, 0x00, 0x01, 0x61, 0x02, 0x03, 0x00 })]
    [Clause("MQTT-3.3.2-1")]
    [Clause("V311:MQTT-3.3.2-1")]
    public void Lengths_that_reach_past_the_packet_are_malformed(ProtocolVersion version, byte[] packet) =>
        IsRefused(version, packet, ReasonCode.MalformedPacket);

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.7.3-1")]
    [Clause("V311:MQTT-4.7.3-1")]
    public void A_topic_name_without_a_character_is_refused(ProtocolVersion version) =>
        IsRefused(version, ClientPackets.Publish(version, "", "x"), ReasonCode.ProtocolError);

    [Theory]
    [InlineData(ProtocolVersion.V311, "+")]
    [InlineData(ProtocolVersion.V311, "a/#")]
    [InlineData(ProtocolVersion.V311, "a+b")]
    [InlineData(ProtocolVersion.V5, "+")]
    [InlineData(ProtocolVersion.V5, "a/#")]
    [InlineData(ProtocolVersion.V5, "a#b")]
    [Clause("MQTT-3.3.2-2")]
    [Clause("MQTT-4.7.1-1")]
    [Clause("V311:MQTT-3.3.2-2")]
    public void A_wildcard_in_a_topic_name_is_refused(ProtocolVersion version, string topic) =>
        IsRefused(version, ClientPackets.Publish(version, topic, "x", QualityOfService.AtLeastOnce, 1), ReasonCode.TopicNameInvalid);

    [Theory]
    [InlineData(ProtocolVersion.V311, new byte[] { 0x61, 0x00, 0x62 })]
    [InlineData(ProtocolVersion.V311, new byte[] { 0xC3 })]
    [InlineData(ProtocolVersion.V311, new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0x61, 0x00, 0x62 })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0xC0, 0xAF })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0xED, 0xBF, 0xBF })]
    [InlineData(ProtocolVersion.V5, new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [Clause("MQTT-3.3.2-1")]
    [Clause("MQTT-4.7.3-2")]
    [Clause("V311:MQTT-4.7.3-2")]
    public void A_topic_name_that_is_not_well_formed_UTF_8_is_malformed(ProtocolVersion version, byte[] topic) =>
        IsRefused(version, Raw(version, topic), ReasonCode.MalformedPacket);

    [Fact]
    [Clause("MQTT-3.3.4-6")]
    public void A_subscription_identifier_from_a_client_is_refused() =>
        IsRefused(new Properties().SubscriptionIdentifier(1), ReasonCode.ProtocolError);

    [Theory]
    [InlineData("a/+")]
    [InlineData("#")]
    [InlineData("")]
    [Clause("MQTT-3.3.2-14")]
    public void A_response_topic_that_is_no_topic_name_is_refused(string topic) =>
        IsRefused(new Properties().ResponseTopic(topic), ReasonCode.ProtocolError);

    [Fact]
    [Clause("MQTT-3.3.2-13")]
    public void A_response_topic_that_is_not_UTF_8_is_malformed() =>
        IsRefused(new Properties().Raw([8, 0, 1, 0xFF]), ReasonCode.MalformedPacket);

    [Fact]
    [Clause("MQTT-3.3.2-19")]
    public void A_content_type_that_is_not_UTF_8_is_malformed() =>
        IsRefused(new Properties().Raw([3, 0, 2, 0xC3, 0x28]), ReasonCode.MalformedPacket);

    [Fact]
    public void A_user_property_that_is_not_UTF_8_is_malformed() =>
        IsRefused(new Properties().Raw([38, 0, 1, 0x61, 0, 1, 0xFE]), ReasonCode.MalformedPacket);

    [Fact]
    public void A_payload_format_indicator_of_2_is_refused() =>
        IsRefused(new Properties().PayloadFormatIndicator(2), ReasonCode.ProtocolError);

    [Fact]
    [Clause("MQTT-3.3.2-8")]
    public void A_topic_alias_of_0_is_refused() => IsRefused(new Properties().TopicAlias(0), ReasonCode.TopicAliasInvalid);

    [Theory]
    [InlineData(PropertyId.SessionExpiryInterval)]
    [InlineData(PropertyId.ReceiveMaximum)]
    [InlineData(PropertyId.ReasonString)]
    [InlineData(PropertyId.WillDelayInterval)]
    public void A_property_of_another_packet_is_malformed(PropertyId id) // section 2.2.2.2
    {
        object value = id switch
        {
            PropertyId.ReceiveMaximum => (ushort)1,
            PropertyId.ReasonString => "why",
            _ => 1u,
        };

        IsRefused(new Properties().Add(id, value), ReasonCode.MalformedPacket);
    }

    [Fact]
    public void A_property_that_does_not_exist_is_malformed() => IsRefused(new Properties().Raw([0x7E, 0x00]), ReasonCode.MalformedPacket);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(35)]
    public void A_property_that_comes_twice_is_refused(int id)
    {
        var properties = new Properties();
        for (int i = 0; i < 2; i++)
        {
            _ = (PropertyId)id switch
            {
                PropertyId.PayloadFormatIndicator => properties.PayloadFormatIndicator(1),
                PropertyId.MessageExpiryInterval => properties.MessageExpiryInterval(1),
                PropertyId.ContentType => properties.ContentType("t"),
                PropertyId.ResponseTopic => properties.ResponseTopic("r"),
                PropertyId.CorrelationData => properties.CorrelationData([1]),
                _ => properties.TopicAlias(1),
            };
        }

        IsRefused(properties, ReasonCode.ProtocolError);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 0)]
    [InlineData(ProtocolVersion.V311, 1)]
    [InlineData(ProtocolVersion.V5, 0)]
    [InlineData(ProtocolVersion.V5, 2)]
    public void A_payload_may_be_empty(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", (QualityOfService)qos, version);
        TestClient publisher = broker.Connect("publisher", version);

        publisher.PublishToEnd("a", "", (QualityOfService)qos);

        Assert.Empty(subscriber.Expect<ServerPacket.Publish>().Payload);
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.7.3-4")]
    public void A_topic_is_the_same_only_byte_by_byte(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a/b c", version: version);
        TestClient publisher = broker.Connect("publisher", version);

        foreach (string topic in (string[])["A/b c", "/a/b c", "a/b c/", "a/b c"]) publisher.Publish(topic, topic);

        Assert.Equal(["a/b c"], subscriber.Texts());
    }

    private static byte[] Raw(ProtocolVersion version, byte[] topic) =>
        ClientPackets.Packet(0x30, [0, (byte)topic.Length, .. topic, .. version == ProtocolVersion.V5 ? _noProperties : [], 0x78]);

    private static void IsRefused(Properties properties, ReasonCode reason) =>
        IsRefused(ProtocolVersion.V5, ClientPackets.Publish(ProtocolVersion.V5, "a", "x", properties: properties), reason);

    /// <summary>The sender is disconnected, and nobody else notices anything.</summary>
    private static void IsRefused(ProtocolVersion version, byte[] packet, ReasonCode reason)
    {
        using var broker = new TestBroker();
        TestClient bystander = broker.Subscriber("#", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Send(packet);

        publisher.ExpectClosed(reason);
        bystander.ExpectAlive();
    }
}
