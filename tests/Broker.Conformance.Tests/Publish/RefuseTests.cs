using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>The overflow policy that refuses: whoever publishes learns that it cannot be kept, and nobody gets it.</summary>
public sealed class RefuseTests
{
    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.4.2-1")]
    [Clause("MQTT-3.5.2-1")]
    public void A_version_5_publisher_gets_0x97_and_nobody_gets_the_message(QualityOfService qos)
    {
        using TestBroker broker = Full(out TestClient bystander);
        TestClient publisher = broker.Connect("p5");

        publisher.Publish("a", "refused", qos, 8, retain: true);

        ServerPacket.Ack answer = publisher.Answer(qos, 8);
        Assert.Equal(ReasonCode.QuotaExceeded, answer.ReasonCode);
        Assert.NotNull(answer.ReasonString);
        publisher.ExpectAlive();
        bystander.ExpectNothing();
        broker.Connect("late").Subscribe("a");
        Assert.Equal(["1", "2", "3"], broker.Resume("subscriber").Texts());
        Assert.Equal(0, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.QueueFull));
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("V311:MQTT-3.3.5-2")]
    public void An_older_publisher_is_disconnected_and_may_try_again(QualityOfService qos)
    {
        using TestBroker broker = Full(out TestClient bystander);
        TestClient publisher = broker.Resume("p3", ProtocolVersion.V311);

        publisher.Publish("a", "4", qos, 8);
        publisher.ExpectClosed();
        bystander.ExpectNothing();

        TestClient subscriber = broker.Resume("subscriber");
        foreach (ServerPacket packet in subscriber.All()) subscriber.Finish((ServerPacket.Publish)packet, []);
        publisher = broker.Resume("p3", ProtocolVersion.V311);
        publisher.Publish("a", "4", qos, 8, dup: true);
        publisher.Answer(qos, 8);
        subscriber.ExpectMessage("4");
        bystander.ExpectMessage("4");
    }

    [Fact]
    public void QoS_0_passes_to_those_who_can_take_it()
    {
        using TestBroker broker = Full(out TestClient bystander);

        broker.Connect("publisher").Publish("a", "0");

        bystander.ExpectMessage("0");
    }

    [Fact]
    public void Topics_of_others_are_not_refused()
    {
        using TestBroker broker = Full(out TestClient _);

        Assert.Equal(ReasonCode.NoMatchingSubscribers, broker.Connect("publisher").PublishToEnd("b", "x", QualityOfService.AtLeastOnce));
    }

    [Fact]
    public void A_full_queue_that_would_not_get_the_message_refuses_nothing()
    {
        using var broker = new TestBroker(new() { QueueMessages = 1, Overflow = OverflowPolicy.Refuse });
        TestClient both = broker.Connect("both");
        both.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("own", QualityOfService.AtLeastOnce, NoLocal: true), new SubscribeFilter("other", QualityOfService.AtLeastOnce)));
        both.Expect<ServerPacket.SubAck>();
        both.Stall();
        TestClient other = broker.Connect("other");
        other.PublishToEnd("other", "x", QualityOfService.AtLeastOnce);
        Assert.Equal(ReasonCode.QuotaExceeded, other.PublishToEnd("other", "x", QualityOfService.AtLeastOnce));

        both.Publish("own", "x", QualityOfService.AtLeastOnce, 1);

        both.Unstall();
        Assert.NotEqual(ReasonCode.QuotaExceeded, both.All().OfType<ServerPacket.PubAck>().Single().ReasonCode);
    }

    [Theory]
    [InlineData(2, ReasonCode.Success)]
    [InlineData(3, ReasonCode.QuotaExceeded)]
    [InlineData(4, ReasonCode.QuotaExceeded)]
    public void The_bound_is_exact(int waiting, ReasonCode expected)
    {
        using var broker = new TestBroker(new() { QueueMessages = 3, Overflow = OverflowPolicy.Refuse });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < waiting; i++) publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce);

        Assert.Equal(expected, publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce));
    }

    [Theory]
    [InlineData(997, ReasonCode.Success)]
    [InlineData(1_021, ReasonCode.Success)]
    [InlineData(1_022, ReasonCode.QuotaExceeded)]
    public void The_bound_of_bytes_is_exact(int payload, ReasonCode expected)
    {
        using var broker = new TestBroker(new() { QueueBytes = 1_024, Overflow = OverflowPolicy.Refuse });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();

        Assert.Equal(expected, broker.Connect("publisher").PublishToEnd("a", new string('x', payload), QualityOfService.AtLeastOnce));
    }

    /// <summary>An absent subscriber whose queue is full with "1" to "3", and one that can take more.</summary>
    private static TestBroker Full(out TestClient bystander)
    {
        var broker = new TestBroker(new() { QueueMessages = 3, Overflow = OverflowPolicy.Refuse });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("filler");
        for (int i = 1; i <= 3; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);
        bystander = broker.Connect("bystander");
        bystander.Subscribe("a");
        return broker;
    }
}
