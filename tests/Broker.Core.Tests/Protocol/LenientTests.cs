using System.Text;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Protocol;

/// <summary>What is unusual but allowed, and what is for others than the codec to refuse.</summary>
public sealed class LenientTests
{
    [Fact]
    public void An_empty_topic_with_an_alias_is_accepted()
    {
        byte[] bytes = ClientPackets.Publish(ProtocolVersion.V5, "", "x", properties: new Properties().TopicAlias(65_535));

        PublishPacket packet = PublishPacket.Read(FrameOf(bytes), ProtocolVersion.V5, maxUserProperties: 0);

        Assert.True(packet.Topic.IsEmpty);
        Assert.Equal((ushort)65_535, packet.TopicAlias);
    }

    [Fact]
    public void As_many_user_properties_as_the_limit_are_accepted()
    {
        var properties = new Properties();
        for (int i = 0; i < 3; i++) properties.User("same", "same");
        byte[] bytes = ClientPackets.Publish(ProtocolVersion.V5, "a", "x", properties: properties);

        PublishPacket packet = PublishPacket.Read(FrameOf(bytes), ProtocolVersion.V5, maxUserProperties: 3);

        Assert.True(packet.ForwardsWholeBlock);
        Assert.Throws<ProtocolViolationException>(() => PublishPacket.Read(FrameOf(bytes), ProtocolVersion.V5, maxUserProperties: 2));
    }

    [Fact]
    public void Thousands_of_user_properties_in_a_connect_are_counted_for_the_caller_to_refuse()
    {
        var properties = new Properties();
        for (int i = 0; i < 13_000; i++) properties.User("", "");
        byte[] bytes = ClientPackets.Connect(new() { Properties = properties });

        Assert.Equal(13_000, ConnectPacket.Read(FrameOf(bytes)).UserPropertyCount);
    }

    [Fact]
    public void Sixty_five_thousand_levels_are_read_for_the_topics_to_refuse()
    {
        string slashes = new('/', 65_535);
        const ProtocolVersion V5 = ProtocolVersion.V5;

        PublishPacket publish = PublishPacket.Read(FrameOf(ClientPackets.Publish(V5, slashes, "x")), V5, 0);
        SubscribePacket subscribe = SubscribePacket.Read(FrameOf(ClientPackets.Subscribe(V5, 1, slashes)), V5);
        UnsubscribePacket unsubscribe = UnsubscribePacket.Read(FrameOf(ClientPackets.Unsubscribe(V5, 1, slashes)), V5);
        ConnectPacket connect = ConnectPacket.Read(FrameOf(ClientPackets.Connect(new() { Will = new(slashes, []) })));

        Assert.Equal(65_535, publish.Topic.Length);
        Assert.Equal(65_535, connect.WillTopic.Length);
        Assert.Equal(1, subscribe.FilterCount);
        Assert.Equal(1, unsubscribe.FilterCount);
    }

    [Fact]
    public void A_password_without_user_name_is_accepted_in_mqtt_5()
    {
        ConnectPacket packet = ConnectPacket.Read(FrameOf(ClientPackets.Connect(new() { Password = [1, 2] })));

        Assert.False(packet.HasUserName);
        Assert.Equal(new byte[] { 1, 2 }, packet.Password);
    }

    [Fact]
    public void An_empty_user_name_and_password_are_there()
    {
        ConnectPacket packet = ConnectPacket.Read(FrameOf(ClientPackets.Connect(new() { UserName = "", Password = [] })));

        Assert.True(packet.HasUserName);
        Assert.True(packet.HasPassword);
    }

    [Fact]
    public void Mqtt_3_1_lets_the_length_decide_over_the_user_name_flag()
    {
        var options = new ConnectOptions { Version = ProtocolVersion.V31, ConnectFlags = 0xC2 };

        ConnectPacket packet = ConnectPacket.Read(FrameOf(ClientPackets.Connect(options)));

        Assert.False(packet.HasUserName);
        Assert.False(packet.HasPassword);
    }

    [Fact]
    public void Mqtt_3_1_leaves_the_flags_of_an_absent_will_and_the_reserved_flag_open()
    {
        var options = new ConnectOptions { Version = ProtocolVersion.V31, ConnectFlags = 0x3B };

        ConnectPacket packet = ConnectPacket.Read(FrameOf(ClientPackets.Connect(options)));

        Assert.False(packet.HasWill);
        Assert.False(packet.WillRetain);
        Assert.Equal(QualityOfService.AtMostOnce, packet.WillQos);
    }

    [Theory]
    [InlineData("E000", ReasonCode.NormalDisconnection)]
    [InlineData("E00104", ReasonCode.DisconnectWithWillMessage)]
    [InlineData("E0020400", ReasonCode.DisconnectWithWillMessage)]
    public void A_disconnect_may_leave_out_its_end(string hex, ReasonCode expected) =>
        Assert.Equal(expected, DisconnectPacket.Read(FrameOf(Convert.FromHexString(hex)), ProtocolVersion.V5).ReasonCode);

    [Theory]
    [InlineData("40020001", ReasonCode.Success)]
    [InlineData("4003000187", ReasonCode.NotAuthorized)]
    [InlineData("400400018700", ReasonCode.NotAuthorized)]
    public void An_acknowledgement_may_leave_out_its_end(string hex, ReasonCode expected) =>
        Assert.Equal(expected, AckPacket.Read(FrameOf(Convert.FromHexString(hex)), ProtocolVersion.V5).ReasonCode);

    [Theory]
    [InlineData("10", null)]
    [InlineData("00044D51545405", ProtocolVersion.V5)]
    [InlineData("00044D51545404FF", ProtocolVersion.V311)]
    [InlineData("00064D514973647003", ProtocolVersion.V31)]
    [InlineData("00044D51545406", null)]
    [InlineData("00044D51545403", null)]
    public void The_version_of_a_broken_connect_is_known_where_it_says_one(string body, ProtocolVersion? expected) =>
        Assert.Equal(expected, ConnectPacket.PeekVersion(new Frame(PacketType.Connect, 0, Convert.FromHexString(body))));

    [Fact]
    public void A_violation_says_its_code_and_its_sentence()
    {
        ProtocolViolationException violation =
            Assert.Throws<ProtocolViolationException>(() => ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, "Too much."));

        Assert.Equal((ReasonCode.QuotaExceeded, "Too much."), (violation.ReasonCode, violation.Message));
    }

    [Fact]
    public void A_byte_order_mark_is_part_of_the_topic()
    {
        byte[] bytes = ClientPackets.Publish(ProtocolVersion.V311, "\uFEFFa", "x");

        Assert.Equal(Encoding.UTF8.GetBytes("\uFEFFa"), PublishPacket.Read(FrameOf(bytes), ProtocolVersion.V311, 0).Topic);
    }

    private static Frame FrameOf(byte[] bytes)
    {
        Assert.True(FrameReader.TryRead(bytes, int.MaxValue, out Frame frame, out _));
        return frame;
    }
}
