using System.Buffers;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

/// <summary>What the broker writes is read back by the independent decoder, which is strict.</summary>
public sealed class ServerPacketRoundTripTests
{
    private const int Iterations = 500;

    private static readonly Gen<ReasonCode> _failure = Gen.OneOf(
        ReasonCode.UnspecifiedError, ReasonCode.NotAuthorized, ReasonCode.QuotaExceeded, ReasonCode.PacketIdentifierInUse);

    [Fact]
    public void Connack_of_mqtt_5_says_everything_that_is_set() =>
        (from present in Gen.Bool
         from session in Gen.UInt.Nullable()
         from receive in Gen.UShort.Nullable()
         from size in Gen.UInt.Nullable()
         from id in PacketGens.Text.Null()
         from alias in Gen.UShort
         from reason in PacketGens.Text
         from keepAlive in Gen.UShort.Nullable()
         from information in PacketGens.Text.Null()
         from method in PacketGens.Text
         from data in PacketGens.Bytes
         select (present, session, receive, size, id, alias, reason, keepAlive, information, method, data)).Sample(v =>
        {
            ServerPacket.ConnAck packet = Written<ServerPacket.ConnAck>(ProtocolVersion.V5, output => new ConnAck
            {
                SessionPresent = v.present,
                SessionExpiryInterval = v.session,
                ReceiveMaximum = v.receive,
                MaximumPacketSize = v.size,
                AssignedClientIdentifier = v.id,
                TopicAliasMaximum = v.alias,
                ReasonString = PacketGens.Utf8(v.reason),
                ServerKeepAlive = v.keepAlive,
                ResponseInformation = v.information,
                AuthenticationMethod = PacketGens.Utf8(v.method),
                AuthenticationData = v.data,
            }.Write(output, ProtocolVersion.V5));

            Assert.Equal((v.present, ReasonCode.Success), (packet.SessionPresent, packet.ReasonCode));
            Assert.Equal(v.session, packet.Properties.Number(PropertyId.SessionExpiryInterval));
            Assert.Equal(v.receive, packet.Properties.Number(PropertyId.ReceiveMaximum));
            Assert.Equal(v.size, packet.Properties.Number(PropertyId.MaximumPacketSize));
            Assert.Equal(v.id, packet.Properties.Text(PropertyId.AssignedClientIdentifier));
            Assert.Equal(v.alias, packet.Properties.Number(PropertyId.TopicAliasMaximum) ?? 0);
            Assert.Equal(v.reason, packet.ReasonString ?? "");
            Assert.Equal(v.keepAlive, packet.Properties.Number(PropertyId.ServerKeepAlive));
            Assert.Equal(v.information, packet.Properties.Text(PropertyId.ResponseInformation));
            Assert.Equal(v.method, packet.Properties.Text(PropertyId.AuthenticationMethod) ?? "");
            Assert.Equal(v.data, packet.Properties.Bytes(PropertyId.AuthenticationData) ?? []);
        }, iter: Iterations);

    [Theory]
    [InlineData(ProtocolVersion.V311, ReasonCode.Success, true, "20020100")]
    [InlineData(ProtocolVersion.V31, ReasonCode.Success, true, "20020000")]
    [InlineData(ProtocolVersion.V311, ReasonCode.UnsupportedProtocolVersion, true, "20020001")]
    [InlineData(ProtocolVersion.V311, ReasonCode.NotAuthorized, true, "20020005")]
    [InlineData(ProtocolVersion.V5, ReasonCode.Success, true, "2003010000")]
    [InlineData(ProtocolVersion.V5, ReasonCode.NotAuthorized, true, "2003008700")]
    public void Connack_has_these_bytes(ProtocolVersion version, ReasonCode reason, bool sessionPresent, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        new ConnAck { ReasonCode = reason, SessionPresent = sessionPresent }.Write(output, version);

        Assert.Equal(expected, Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void Acknowledgements_say_their_reason_in_mqtt_5_only() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.Text, _failure).Sample((version, id, text, failure) =>
        {
            foreach (PacketType type in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp })
            {
                foreach (ReasonCode reason in new[] { ReasonCode.Success, failure })
                {
                    ServerPacket.Ack packet = Written<ServerPacket.Ack>(
                        version, output => AckPacket.Write(output, type, id, reason, PacketGens.Utf8(text), version));

                    bool v5 = version == ProtocolVersion.V5;
                    Assert.Equal((type, id, v5 ? reason : ReasonCode.Success), (packet.Type, packet.PacketId, packet.ReasonCode));
                    Assert.Equal(v5 ? text : "", packet.ReasonString ?? "");
                }
            }
        }, iter: Iterations);

    [Theory]
    [InlineData(PacketType.PubAck, ReasonCode.Success, ProtocolVersion.V5, "40020007")]
    [InlineData(PacketType.PubRel, ReasonCode.Success, ProtocolVersion.V5, "62020007")]
    [InlineData(PacketType.PubRel, ReasonCode.PacketIdentifierNotFound, ProtocolVersion.V311, "62020007")]
    [InlineData(PacketType.PubComp, ReasonCode.PacketIdentifierNotFound, ProtocolVersion.V5, "7003000792")]
    public void Acknowledgements_are_as_short_as_they_can_be(PacketType type, ReasonCode reason, ProtocolVersion version, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        AckPacket.Write(output, type, 7, reason, default, version);

        Assert.Equal(expected, Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void Suback_has_a_code_for_each_filter() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.Text, Gen.OneOf<byte>(0, 1, 2, 0x80, 0x87, 0x97, 0xA2).Array[1, 300])
        .Sample((version, id, text, codes) =>
        {
            ServerPacket.SubAck packet = Written<ServerPacket.SubAck>(
                version, output => SubAck.Write(output, version, id, codes, PacketGens.Utf8(text)));

            bool v5 = version == ProtocolVersion.V5;
            Assert.Equal(id, packet.PacketId);
            Assert.Equal(codes.Select(code => (ReasonCode)(v5 || code < 0x80 ? code : 0x80)), packet.ReasonCodes);
            Assert.Equal(v5 ? text : "", packet.ReasonString ?? "");
        }, iter: Iterations);

    [Fact]
    public void Unsuback_has_a_code_for_each_filter_in_mqtt_5_only() =>
        Gen.Select(PacketGens.Version, PacketGens.Id, PacketGens.Text, Gen.OneOf<byte>(0, 0x11, 0x80).Array[1, 300])
        .Sample((version, id, text, codes) =>
        {
            ServerPacket.UnsubAck packet = Written<ServerPacket.UnsubAck>(
                version, output => UnsubAck.Write(output, version, id, codes, PacketGens.Utf8(text)));

            bool v5 = version == ProtocolVersion.V5;
            Assert.Equal(id, packet.PacketId);
            Assert.Equal(v5 ? codes.Select(code => (ReasonCode)code) : [], packet.ReasonCodes);
            Assert.Equal(v5 ? text : "", packet.ReasonString ?? "");
        }, iter: Iterations);

    [Fact]
    public void Disconnect_says_its_reason() =>
        Gen.Select(_failure, PacketGens.Text).Sample((reason, text) =>
        {
            ServerPacket.Disconnect packet = Written<ServerPacket.Disconnect>(
                ProtocolVersion.V5, output => DisconnectPacket.Write(output, reason, PacketGens.Utf8(text)));

            Assert.Equal(reason, packet.ReasonCode);
            Assert.Equal(text, packet.ReasonString ?? "");
        }, iter: Iterations);

    [Fact]
    public void Auth_says_its_method() =>
        Gen.Select(PacketGens.Text, PacketGens.Bytes, PacketGens.Text).Sample((method, data, text) =>
        {
            ServerPacket.Auth packet = Written<ServerPacket.Auth>(ProtocolVersion.V5, output => AuthPacket.Write(
                output, ReasonCode.ContinueAuthentication, PacketGens.Utf8(method), data, PacketGens.Utf8(text)));

            Assert.Equal(ReasonCode.ContinueAuthentication, packet.ReasonCode);
            Assert.Equal(method, packet.Method);
            Assert.Equal(data, packet.Data ?? []);
            Assert.Equal(text, packet.ReasonString ?? "");
        }, iter: Iterations);

    [Fact]
    public void Ping_response_is_a_ping_response()
    {
        ServerPacket? packet = ServerPackets.Decode(Ping.Response, v5: true, out int consumed);

        Assert.IsType<ServerPacket.PingResp>(packet);
        Assert.Equal(2, consumed);
    }

    private static TPacket Written<TPacket>(ProtocolVersion version, Action<ArrayBufferWriter<byte>> write)
        where TPacket : ServerPacket
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        ServerPacket? packet = ServerPackets.Decode(output.WrittenSpan, version == ProtocolVersion.V5, out int consumed);
        Assert.Equal(output.WrittenCount, consumed);
        return Assert.IsType<TPacket>(packet, exactMatch: false);
    }
}
