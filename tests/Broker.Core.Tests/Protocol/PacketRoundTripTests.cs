using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

/// <summary>What the independent encoder writes for a client is read back field by field.</summary>
public sealed class PacketRoundTripTests
{
    private const int NoLimit = int.MaxValue;
    private const int Iterations = 500;

    [Fact]
    public void Connect_is_read_as_it_was_written() => PacketGens.Connect.Sample(options =>
    {
        ConnectPacket packet = ConnectPacket.Read(FrameOf(ClientPackets.Connect(options)));

        bool v5 = options.Version == ProtocolVersion.V5;
        Properties sent = v5 ? options.Properties : [];
        Assert.Equal(options.Version, packet.Version);
        Assert.Equal(options.CleanStart, packet.CleanStart);
        Assert.Equal(options.KeepAlive, packet.KeepAlive);
        Assert.Equal(PacketGens.Utf8(options.ClientId), packet.ClientId);
        Assert.Equal(options.UserName is not null, packet.HasUserName);
        Assert.Equal(PacketGens.Utf8(options.UserName ?? ""), packet.UserName);
        Assert.Equal(options.Password is not null, packet.HasPassword);
        Assert.Equal(options.Password ?? [], packet.Password);
        uint expiryBeforeV5 = options.CleanStart ? 0 : uint.MaxValue;
        Assert.Equal(v5 ? sent.Number(PropertyId.SessionExpiryInterval) ?? 0 : expiryBeforeV5, packet.SessionExpiryInterval);
        Assert.Equal(sent.Number(PropertyId.ReceiveMaximum) ?? 65_535, packet.ReceiveMaximum);
        Assert.Equal(sent.Number(PropertyId.MaximumPacketSize), packet.MaximumPacketSize);
        Assert.Equal(sent.Number(PropertyId.TopicAliasMaximum) ?? 0, packet.TopicAliasMaximum);
        Assert.Equal(sent.Number(PropertyId.RequestResponseInformation) == 1, packet.RequestResponseInformation);
        Assert.Equal(sent.Number(PropertyId.RequestProblemInformation) != 0, packet.RequestProblemInformation);
        Assert.Equal(sent.Has(PropertyId.AuthenticationMethod), packet.HasAuthenticationMethod);
        Assert.Equal(PacketGens.Utf8(sent.Text(PropertyId.AuthenticationMethod) ?? ""), packet.AuthenticationMethod);
        int willUserProperties = v5 ? options.Will?.Properties.UserProperties.Count ?? 0 : 0;
        Assert.Equal(sent.UserProperties.Count + willUserProperties, packet.UserPropertyCount);
        AssertWill(options.Will, v5, packet);
    }, iter: Iterations);

    [Fact]
    public void Publish_is_read_as_it_was_written() =>
        Gen.Select(
            PacketGens.Version,
            PacketGens.Topic,
            PacketGens.Bytes,
            PacketGens.Qos,
            PacketGens.Id,
            Gen.Bool,
            Gen.Bool,
            PacketGens.PublishProperties)
        .Sample((version, topic, payload, qos, id, retain, again, properties) =>
        {
            bool dup = again && qos != QualityOfService.AtMostOnce;
            byte[] bytes = ClientPackets.Publish(version, topic, payload, qos, id, retain, dup, properties);

            PublishPacket packet = PublishPacket.Read(FrameOf(bytes), version, CodecDriver.MaxUserProperties);

            Properties sent = version == ProtocolVersion.V5 ? properties : [];
            Assert.Equal(PacketGens.Utf8(topic), packet.Topic);
            Assert.Equal(payload, packet.Payload);
            Assert.Equal((qos, retain, dup), (packet.Qos, packet.Retain, packet.Dup));
            Assert.Equal(qos == QualityOfService.AtMostOnce ? 0 : id, packet.PacketId);
            Assert.Equal(sent.Number(PropertyId.MessageExpiryInterval), packet.MessageExpiryInterval);
            Assert.Equal(sent.Number(PropertyId.TopicAlias), packet.TopicAlias);
            Assert.Equal(sent.Number(PropertyId.PayloadFormatIndicator) == 1, packet.PayloadIsUtf8);
            Assert.Equal(PacketGens.Utf8(sent.Text(PropertyId.ResponseTopic) ?? ""), packet.ResponseTopic);
            Assert.Equal(sent.ToBlock(), packet.Properties);
            byte[] forwarded = new byte[packet.ForwardedPropertiesLength];
            packet.CopyForwardedProperties(forwarded);
            AssertForwarded(sent, forwarded);
            Assert.Equal(forwarded.Length == packet.Properties.Length, packet.ForwardsWholeBlock);
        }, iter: Iterations);

    [Fact]
    public void Subscribe_is_read_as_it_was_written() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.SubscribeProperties, PacketGens.SubscribeFilter.Array[1, 20])
        .Sample((version, id, properties, filters) =>
        {
            bool v5 = version == ProtocolVersion.V5;
            SubscribeFilter[] sent = v5 ? filters : [.. filters.Select(f => new SubscribeFilter(f.Filter, f.Qos))];

            SubscribePacket packet = SubscribePacket.Read(FrameOf(ClientPackets.Subscribe(version, id, properties, sent)), version);

            Assert.Equal(id, packet.PacketId);
            Assert.Equal(v5 ? properties.Number(PropertyId.SubscriptionIdentifier) ?? 0 : 0, (uint)packet.SubscriptionIdentifier);
            Assert.Equal(v5 ? properties.UserProperties.Count : 0, packet.UserPropertyCount);
            Assert.Equal(v5 ? properties.ToBlock() : [], packet.UserProperties);
            Assert.Equal(sent.Length, packet.FilterCount);
            foreach (SubscribeFilter expected in sent)
            {
                Assert.True(packet.TryReadNext(out ReadOnlySpan<byte> filter, out SubscriptionOptions options));
                Assert.Equal(PacketGens.Utf8(expected.Filter), filter);
                Assert.Equal(
                    new SubscriptionOptions(expected.Qos, expected.NoLocal, expected.RetainAsPublished, expected.RetainHandling),
                    options);
            }

            Assert.False(packet.TryReadNext(out _, out _));
        }, iter: Iterations);

    [Fact]
    public void Unsubscribe_is_read_as_it_was_written() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.Filter.Array[1, 20]).Sample((version, id, filters) =>
        {
            Properties properties = new Properties().User("a", "b");

            UnsubscribePacket packet =
                UnsubscribePacket.Read(FrameOf(ClientPackets.Unsubscribe(version, id, properties, filters)), version);

            Assert.Equal(id, packet.PacketId);
            Assert.Equal(filters.Length, packet.FilterCount);
            Assert.Equal(version == ProtocolVersion.V5 ? 1 : 0, packet.UserPropertyCount);
            foreach (string expected in filters)
            {
                Assert.True(packet.TryReadNext(out ReadOnlySpan<byte> filter));
                Assert.Equal(PacketGens.Utf8(expected), filter);
            }

            Assert.False(packet.TryReadNext(out _));
        }, iter: Iterations);

    [Fact]
    public void Acknowledgements_are_read_as_they_were_written() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.AckProperties.Null()).Sample((version, id, properties) =>
        {
            bool v5 = version == ProtocolVersion.V5;
            (PacketType Type, ReasonCode Reason, Func<ProtocolVersion, ushort, ReasonCode, Properties?, byte[]> Encode)[] packets =
            [
                (PacketType.PubAck, ReasonCode.QuotaExceeded, ClientPackets.PubAck),
                (PacketType.PubRec, ReasonCode.NoMatchingSubscribers, ClientPackets.PubRec),
                (PacketType.PubRel, ReasonCode.PacketIdentifierNotFound, ClientPackets.PubRel),
                (PacketType.PubComp, ReasonCode.Success, ClientPackets.PubComp),
            ];
            foreach ((PacketType type, ReasonCode reason, var encode) in packets)
            {
                AckPacket packet = AckPacket.Read(FrameOf(encode(version, id, reason, properties)), version);

                Assert.Equal((type, id, v5 ? reason : ReasonCode.Success), (packet.Type, packet.PacketId, packet.ReasonCode));
            }
        }, iter: Iterations);

    [Fact]
    public void Disconnect_is_read_as_it_was_written() => PacketGens.DisconnectProperties.Null().Sample(properties =>
    {
        byte[] bytes = ClientPackets.Disconnect(ProtocolVersion.V5, ReasonCode.DisconnectWithWillMessage, properties);

        DisconnectPacket packet = DisconnectPacket.Read(FrameOf(bytes), ProtocolVersion.V5);

        Assert.Equal(ReasonCode.DisconnectWithWillMessage, packet.ReasonCode);
        Assert.Equal(properties?.Number(PropertyId.SessionExpiryInterval), packet.SessionExpiryInterval);
    }, iter: Iterations);

    [Fact]
    public void Auth_is_read_as_it_was_written() => Gen.Select(PacketGens.Text, PacketGens.Bytes).Sample((method, data) =>
    {
        Properties properties = new Properties().User("a", "b").AuthenticationData(data).AuthenticationMethod(method).Reason("why");

        AuthPacket packet = AuthPacket.Read(FrameOf(ClientPackets.Auth(ReasonCode.ReAuthenticate, properties)));

        Assert.Equal(ReasonCode.ReAuthenticate, packet.ReasonCode);
        Assert.True(packet.HasMethod);
        Assert.Equal(PacketGens.Utf8(method), packet.Method);
        Assert.Equal(data, packet.Data);
    }, iter: Iterations);

    private static Frame FrameOf(byte[] bytes)
    {
        Assert.True(FrameReader.TryRead(bytes, NoLimit, out Frame frame, out int frameBytes));
        Assert.Equal(bytes.Length, frameBytes);
        return frame;
    }

    private static void AssertWill(WillOptions? will, bool v5, in ConnectPacket packet)
    {
        Properties sent = v5 && will is not null ? will.Properties : [];
        Assert.Equal(will is not null, packet.HasWill);
        Assert.Equal(will?.Qos ?? default, packet.WillQos);
        Assert.Equal(will?.Retain ?? false, packet.WillRetain);
        Assert.Equal(PacketGens.Utf8(will?.Topic ?? ""), packet.WillTopic);
        Assert.Equal(will?.Payload ?? [], packet.WillPayload);
        Assert.Equal(sent.Number(PropertyId.WillDelayInterval) ?? 0, packet.WillDelay);
        Assert.Equal(sent.Number(PropertyId.MessageExpiryInterval), packet.WillMessageExpiry);
        Assert.Equal(sent.Number(PropertyId.PayloadFormatIndicator) == 1, packet.WillPayloadIsUtf8);
        Assert.Equal(PacketGens.Utf8(sent.Text(PropertyId.ResponseTopic) ?? ""), packet.WillResponseTopic);
        byte[] forwarded = new byte[packet.WillForwarded.Length];
        packet.WillForwarded.CopyTo(forwarded);
        AssertForwarded(sent, forwarded);
    }

    private static void AssertForwarded(Properties sent, byte[] forwarded) => Assert.Equal(
        sent.Where(p => p.Id is not (PropertyId.MessageExpiryInterval or PropertyId.TopicAlias or PropertyId.WillDelayInterval)),
        Properties.Parse(forwarded));
}
