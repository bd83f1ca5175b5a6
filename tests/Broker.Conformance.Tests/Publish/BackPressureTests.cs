using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>A client that sends and never reads: its own answers must not fill the broker's memory.</summary>
public sealed class BackPressureTests
{
    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Reading_pauses_once_too_many_answers_wait_and_goes_on_when_they_are_taken(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Connect("client", version);
        client.Stall();

        for (int i = 0; i < 5_000; i++) client.Send(ClientPackets.PingReq());

        Assert.True(client.IsPaused);
        client.Unstall();
        Assert.False(client.IsPaused);
        Assert.Equal(5_000 * 2, client.PendingBytes);
    }

    [Theory]
    [InlineData(511, false)]
    [InlineData(512, false)]
    [InlineData(513, true)]
    public void The_bound_is_exact(int pings, bool isPaused)
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Connect("client");
        client.Stall();

        for (int i = 0; i < pings; i++) client.Send(ClientPackets.PingReq());

        Assert.Equal(isPaused, client.IsPaused);
        client.Unstall();
        Assert.Equal(2 * pings, client.PendingBytes);
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_flood_of_QoS_1_publications_pauses_as_well_and_none_is_lost(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient subscriber = broker.Subscriber("a");
        TestClient client = broker.Connect("client", version);
        client.Stall();

        for (int i = 0; i < 2_000; i++) client.Publish("a", "x", QualityOfService.AtLeastOnce, (ushort)(1 + i));
        Assert.True(client.IsPaused);
        Assert.InRange(subscriber.Texts().Count, 1, 300); // the rest is not even read
        client.Unstall();

        Assert.Equal(2_000, client.All().OfType<ServerPacket.PubAck>().Count());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Reading_can_pause_and_go_on_again_and_again(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Connect("client", version);

        for (int round = 0; round < 20; round++)
        {
            client.Stall();
            for (int i = 0; i < 600; i++) client.Send(ClientPackets.PingReq());
            Assert.True(client.IsPaused);
            client.Unstall();
            Assert.Equal(600, client.All().Count);
        }
    }

    [Fact]
    public void Messages_do_not_count_as_answers()
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Subscriber("a", QualityOfService.AtLeastOnce);
        client.Stall();
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 100; i++) publisher.PublishToEnd("a", new string('x', 100), QualityOfService.AtLeastOnce);

        client.Send(ClientPackets.PingReq());

        Assert.False(client.IsPaused);
    }

    [Fact]
    public void A_paused_client_may_be_dropped()
    {
        using var broker = new TestBroker(new() { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Connect("client");
        client.Stall();
        for (int i = 0; i < 5_000; i++) client.Send(ClientPackets.PingReq());

        client.Drop();

        broker.Connect("client").ExpectAlive();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_subscriber_that_never_reads_is_bounded_by_its_queue(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { QueueMessages = 50 });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, version);
        TestClient publisher = broker.Connect("publisher");
        subscriber.Stall();
        long before = broker.CountMessages();

        for (int i = 0; i < 1_000; i++) publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce);

        Assert.Equal(before + 50, broker.CountMessages());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_subscriber_that_never_acknowledges_is_bounded_by_window_and_queue(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { QueueMessages = 50, Inflight = 20 });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher");
        long before = broker.CountMessages();

        for (int i = 0; i < 1_000; i++) publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce);

        Assert.Equal(20, subscriber.Texts().Count);
        Assert.Equal(before + 70, broker.CountMessages());
    }

    [Theory]
    [InlineData(1, 9, true)]
    [InlineData(1, 10, true)]
    [InlineData(1, 11, false)]
    [InlineData(2, 9, true)]
    [InlineData(2, 11, false)]
    public void Topics_are_bounded_by_bytes(int qos, int length, bool isTaken)
    {
        using var broker = new TestBroker(new() { TopicBytes = 10 });
        broker.Subscriber("#");

        ReasonCode reason = broker.Connect("publisher").PublishToEnd(new string('t', length), "x", (QualityOfService)qos);

        Assert.Equal(isTaken ? ReasonCode.Success : ReasonCode.TopicNameInvalid, reason);
    }

    [Theory]
    [InlineData(127, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void Topics_are_bounded_by_levels(int levels, bool isTaken)
    {
        using var broker = new TestBroker();
        broker.Subscriber("#");

        ReasonCode reason = broker.Connect("publisher").PublishToEnd(new string('/', levels - 1), "x", QualityOfService.AtLeastOnce);

        Assert.Equal(isTaken ? ReasonCode.Success : ReasonCode.TopicNameInvalid, reason);
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void At_QoS_0_a_topic_beyond_the_bounds_ends_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { TopicBytes = 10 });
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("12345678901");

        publisher.ExpectClosed(ReasonCode.TopicNameInvalid);
    }
}
