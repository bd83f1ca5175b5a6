using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Acknowledgements that wait until a store has made the publication safe.</summary>
public sealed class AcceptanceTests
{
    private readonly DelayedStore _store = new();

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.2-4")]
    [Clause("MQTT-4.3.3-8")]
    public void Nothing_is_acknowledged_before_it_is_committed(ProtocolVersion version, QualityOfService qos)
    {
        using TestBroker broker = Start();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher", version);
        _store.Holds = true;

        publisher.Publish("a", "x", qos, 1);
        publisher.ExpectNothing();
        subscriber.ExpectMessage("x");
        _store.Commit(1);

        publisher.Answer(qos, 1);
        publisher.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-2")]
    [Clause("MQTT-4.6.0-3")]
    public void Acknowledgements_leave_in_the_order_of_the_publications(ProtocolVersion version)
    {
        using TestBroker broker = Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher", version);
        _store.Holds = true;
        for (ushort id = 1; id <= 6; id++)
        {
            string topic = id % 3 == 0 ? "nobody" : "a"; // one that has nothing to wait for but its turn
            publisher.Publish(topic, "x", id % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, id);
        }

        publisher.ExpectNothing();
        _store.Commit(1);
        Assert.Equal([1], Ids(publisher));
        _store.Commit(1);
        Assert.Equal([2, 3], Ids(publisher));
        _store.CommitAll();
        Assert.Equal([4, 5, 6], Ids(publisher));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.9.0-3")]
    [Clause("MQTT-3.12.4-1")]
    public void Everything_else_goes_on_meanwhile(ProtocolVersion version)
    {
        using TestBroker broker = Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Subscribe("a");
        _store.Holds = true;
        publisher.Publish("a", "1", QualityOfService.AtLeastOnce, 1);
        publisher.ExpectMessage("1");

        publisher.Publish("a", "0");
        publisher.ExpectMessage("0");
        publisher.Send(ClientPackets.Subscribe(version, 3, "b"));
        publisher.Expect<ServerPacket.SubAck>();
        publisher.ExpectAlive();
        _store.CommitAll();

        publisher.ExpectAck<ServerPacket.PubAck>(1);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce, 3)]
    [InlineData(QualityOfService.ExactlyOnce, 3)]
    [InlineData(QualityOfService.ExactlyOnce, 1)]
    [Clause("MQTT-3.3.4-7")]
    public void Those_that_wait_count_once_against_the_Receive_Maximum(QualityOfService qos, int maximum)
    {
        using TestBroker broker = Start(maximum);
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        _store.Holds = true;

        for (ushort id = 1; id <= maximum; id++) publisher.Publish("a", "x", qos, id);
        publisher.ExpectAlive();
        publisher.Publish("a", "x", qos, (ushort)(maximum + 1));

        publisher.ExpectClosed(ReasonCode.ReceiveMaximumExceeded);
        _store.CommitAll();
        publisher.ExpectClosed();
    }

    [Fact]
    [Clause("MQTT-3.3.4-7")]
    public void Both_QoS_share_the_Receive_Maximum()
    {
        using TestBroker broker = Start(4);
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        _store.Holds = true;
        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 1);
        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 2);
        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 3);
        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 4);
        publisher.ExpectAlive();

        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 5);

        publisher.ExpectClosed(ReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    public void A_commit_gives_the_places_of_QoS_1_back()
    {
        using TestBroker broker = Start(2);
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        _store.Holds = true;

        for (ushort round = 0; round < 10; round++)
        {
            publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 1);
            publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 2);
            _store.CommitAll();
            Assert.Equal([1, 2], Ids(publisher));
            publisher.PubRel(2);
            publisher.ExpectAck<ServerPacket.PubComp>(2);
        }

        publisher.ExpectAlive();
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    public void A_connection_that_ends_meanwhile_gets_nothing_more(ProtocolVersion version, QualityOfService qos)
    {
        using TestBroker broker = Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Resume("publisher", version);
        _store.Holds = true;
        publisher.Publish("a", "x", qos, 1);
        publisher.Disconnect();

        _store.CommitAll();

        publisher.ExpectClosed();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-8")]
    [Clause("MQTT-4.3.3-10")]
    public void A_QoS_2_publication_that_is_sent_again_waits_for_the_same_commit(ProtocolVersion version)
    {
        using TestBroker broker = Start();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Resume("publisher", version);
        _store.Holds = true;
        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 1);
        publisher.Drop();

        publisher = broker.Open(version);
        publisher.Send(ClientPackets.Connect(Resuming("publisher", version)));
        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 1, dup: true);
        publisher.ExpectNothing();
        _store.CommitAll();

        publisher.Expect<ServerPacket.ConnAck>();
        publisher.ExpectAck<ServerPacket.PubRec>(1);
        Assert.Equal(["x"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Commits_after_everybody_left_are_harmless(ProtocolVersion version)
    {
        using TestBroker broker = Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Resume("publisher", version);
        _store.Holds = true;
        for (ushort id = 1; id <= 5; id++) publisher.Publish("a", "x", QualityOfService.ExactlyOnce, id);
        publisher.Drop();
        TestClient next = broker.Open(version);
        next.Send(ClientPackets.Connect(Resuming("publisher", version)));

        _store.CommitAll();

        next.Expect<ServerPacket.ConnAck>();
        next.ExpectAlive();
    }

    private static ConnectOptions Resuming(string clientId, ProtocolVersion version) => new()
    {
        ClientId = clientId,
        Version = version,
        CleanStart = false,
        Properties = version == ProtocolVersion.V5 ? new Properties().SessionExpiryInterval(3_600) : [],
    };

    private static int[] Ids(TestClient client) => [.. client.All().Select(p => (int)Assert.IsAssignableFrom<ServerPacket.Ack>(p).PacketId)];

    private TestBroker Start(int receiveMaximum = 1_024) =>
        new(new() { ReceiveMaximum = receiveMaximum }, parts => parts with { Store = _store });
}
