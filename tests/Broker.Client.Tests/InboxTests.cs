using Broker.Client.Subscribing;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Broker.Client.Tests;

/// <summary>What was received and is not acknowledged: when a message is the one that is here already.</summary>
public sealed class InboxTests
{
    private readonly Inbox _inbox = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_QoS_2_message_that_comes_again_before_its_PUBREL_is_the_same_whatever_DUP_says(bool duplicate)
    {
        Receipt first = _inbox.Receive(Packet(7, QualityOfService.ExactlyOnce, duplicate: false))!; // it is new

        Assert.Null(_inbox.Receive(Packet(7, QualityOfService.ExactlyOnce, duplicate)));
        first.Release();
        Assert.Null(_inbox.Receive(Packet(7, QualityOfService.ExactlyOnce, duplicate)));
    }

    [Fact]
    public void A_QoS_1_identifier_may_be_used_anew_for_another_message()
    {
        Assert.NotNull(_inbox.Receive(Packet(7, QualityOfService.AtLeastOnce, duplicate: false)));
        Assert.NotNull(_inbox.Receive(Packet(7, QualityOfService.AtLeastOnce, duplicate: false)));

        Assert.Equal(1, _inbox.Open);
    }

    private static MqttPublishPacket Packet(ushort packetId, QualityOfService qos, bool duplicate) =>
        new() { Topic = "t", PacketIdentifier = packetId, QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos, Dup = duplicate };
}
