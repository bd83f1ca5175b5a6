using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class AllocationTests
{
    private const int Rounds = 1_000;

    public static TheoryData<ProtocolVersion> Versions => [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Decoding_a_publish_allocates_nothing(ProtocolVersion version)
    {
        Properties properties = new Properties()
            .MessageExpiryInterval(60).User("a", "b").ContentType("text/plain").TopicAlias(3).ResponseTopic("r");
        byte[] packet = ClientPackets.Publish(
            version, "plant/7/line/3/temperature", new byte[500], QualityOfService.AtLeastOnce, 7, properties: properties);

        Assert.Equal(0, AllocatedBy(() => CodecDriver.ReadAll(packet, 1_000_000, version)));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Decoding_the_other_packets_allocates_nothing(ProtocolVersion version)
    {
        byte[] packets =
        [
            .. ClientPackets.Connect(new() { Version = version, UserName = "u", Password = [1], Will = new("w", [1]) }),
            .. ClientPackets.PubAck(version, 1),
            .. ClientPackets.PubRel(version, 1),
            .. ClientPackets.Subscribe(version, 1, new SubscribeFilter("a/+"), new SubscribeFilter("b/#")),
            .. ClientPackets.Unsubscribe(version, 1, "a", "b"),
            .. ClientPackets.PingReq(),
            .. ClientPackets.Disconnect(version),
        ];

        Assert.Equal(0, AllocatedBy(() => CodecDriver.ReadAll(packets, 1_000_000, version)));
    }

    [Fact]
    public void Encoding_acknowledgements_allocates_nothing_once_the_buffer_is_there()
    {
        using var output = new OutputBuffer(4_096);

        Assert.Equal(0, AllocatedBy(() =>
        {
            AckPacket.Write(output, PacketType.PubAck, 1, ReasonCode.Success, default, ProtocolVersion.V5);
            AckPacket.Write(output, PacketType.PubRec, 1, ReasonCode.QuotaExceeded, "no room"u8, ProtocolVersion.V5);
            SubAck.Write(output, ProtocolVersion.V5, 1, [0, 1, 2], default);
            UnsubAck.Write(output, ProtocolVersion.V5, 1, [0], default);
            DisconnectPacket.Write(output, ReasonCode.KeepAliveTimeout, "bye"u8);
            new ConnAck { AssignedClientIdentifier = "x", ReceiveMaximum = 7 }.Write(output, ProtocolVersion.V5);
            output.Clear();
        }));
    }

    private static long AllocatedBy(Action action)
    {
        action();
        return AllocatedBytes.OfSteadyState(() =>
        {
            for (int i = 0; i < Rounds; i++) action();
        });
    }
}
