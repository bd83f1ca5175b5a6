using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What a broker finds again after a loss of power, and what it does not let leave before that is so.</summary>
public sealed class RecoveryTests
{
    private readonly StoredRuns _runs = new();

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Messages_that_wait_for_a_session_wait_again(ProtocolVersion version)
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a/#", QualityOfService.ExactlyOnce, version).Drop();
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a/1", "one", QualityOfService.AtLeastOnce);
            publisher.PublishToEnd("a/2", "two", QualityOfService.ExactlyOnce);
            publisher.Publish("a/3", "not kept");
        }

        using TestBroker next = _runs.Restart();
        TestClient subscriber = next.Resume("subscriber", version);

        Assert.True(subscriber.ConnAck.SessionPresent);
        Assert.Equal(["one", "two"], subscriber.Texts());
    }

    [Fact]
    public void What_was_acknowledged_does_not_come_again()
    {
        using (TestBroker broker = _runs.Start())
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
            broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce);
            subscriber.PubAck(subscriber.ExpectMessage("x").PacketId);
        }

        using TestBroker next = _runs.Restart();

        next.Resume("subscriber").ExpectAlive();
    }

    [Fact]
    public void Subscriptions_are_there_with_their_options()
    {
        using (TestBroker broker = _runs.Start())
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
            subscriber.Subscribe("b", QualityOfService.AtLeastOnce);
            subscriber.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 9, "b"));
        }

        using TestBroker next = _runs.Restart();
        TestClient again = next.Resume("subscriber");
        TestClient publisher = next.Connect("publisher");
        publisher.PublishToEnd("b", "y", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce);

        Assert.Equal(QualityOfService.AtLeastOnce, again.ExpectMessage("x").Qos);
    }

    [Fact]
    public void Retained_messages_are_there_and_removed_ones_are_not()
    {
        using (TestBroker broker = _runs.Start())
        {
            TestClient publisher = broker.Connect("publisher");
            publisher.Publish("a", "old", retain: true);
            publisher.Publish("a", "new", retain: true);
            publisher.Publish("b", "gone", retain: true);
            publisher.Publish("b", "", retain: true);
        }

        using TestBroker next = _runs.Restart();

        Assert.Equal(["new"], next.Subscriber("#").Texts());
    }

    [Fact]
    public void A_QoS_2_publication_that_was_accepted_is_known_by_its_identifier()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a", QualityOfService.ExactlyOnce).Drop();
            TestClient publisher = broker.Resume("publisher");
            publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 7);
            publisher.ExpectAck<ServerPacket.PubRec>(7);
        }

        using TestBroker next = _runs.Restart();
        TestClient again = next.Resume("publisher");
        again.Publish("a", "x", QualityOfService.ExactlyOnce, 7, dup: true);
        again.ExpectAck<ServerPacket.PubRec>(7);
        again.PubRel(7);
        again.ExpectAck<ServerPacket.PubComp>(7);

        Assert.Equal(["x"], next.Resume("subscriber").Texts());
    }

    [Fact]
    public void A_QoS_2_message_goes_out_again_under_its_identifier_and_a_released_one_is_only_released()
    {
        ushort first;
        ushort second;
        using (TestBroker broker = _runs.Start())
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a", "1", QualityOfService.ExactlyOnce);
            publisher.PublishToEnd("a", "2", QualityOfService.ExactlyOnce);
            first = subscriber.ExpectMessage("1").PacketId;
            second = subscriber.ExpectMessage("2").PacketId;
            subscriber.PubRec(first);
            subscriber.ExpectAck<ServerPacket.PubRel>(first);
        }

        using TestBroker next = _runs.Restart();
        TestClient again = next.Resume("subscriber");

        again.ExpectAck<ServerPacket.PubRel>(first);
        ServerPacket.Publish message = again.ExpectMessage("2");
        Assert.Equal((second, true), (message.PacketId, message.Dup));
    }

    [Fact]
    public void A_QoS_2_message_does_not_leave_before_its_identifier_is_safe()
    {
        using TestBroker broker = _runs.Start();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        _runs.Store.Holds = true;
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.Publish("a", "2", QualityOfService.AtLeastOnce, 2);
        publisher.Publish("a", "3", QualityOfService.ExactlyOnce, 3);

        subscriber.ExpectNothing();
        _runs.Store.CommitAll();

        Assert.Equal(["1", "2", "3"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void SUBACK_UNSUBACK_and_CONNACK_wait_for_their_commit(ProtocolVersion version)
    {
        using TestBroker broker = _runs.Start();
        TestClient client = broker.Resume("client", version);
        _runs.Store.Holds = true;

        client.Send(ClientPackets.Subscribe(version, 1, "a"));
        client.ExpectNothing();
        _runs.Store.CommitAll();
        client.Expect<ServerPacket.SubAck>();

        client.Send(ClientPackets.Unsubscribe(version, 2, "a"));
        client.ExpectNothing();
        _runs.Store.CommitAll();
        client.Expect<ServerPacket.UnsubAck>();

        TestClient other = broker.Open(version);
        other.Send(ClientPackets.Connect(new ConnectOptions
        {
            ClientId = "other",
            Version = version,
            CleanStart = false,
            Properties = version == ProtocolVersion.V5 ? new Properties().SessionExpiryInterval(9) : [],
        }));
        other.ExpectNothing();
        _runs.Store.CommitAll();
        other.Expect<ServerPacket.ConnAck>();
    }

    [Fact]
    public void A_session_that_a_clean_start_ended_stays_ended()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
            broker.Connect("subscriber").Disconnect();
        }

        using TestBroker next = _runs.Restart();

        Assert.False(next.Resume("subscriber").ConnAck.SessionPresent);
    }

    [Fact]
    public void Values_of_a_rule_that_asks_for_it_are_there()
    {
        ChangeRule[] rules = [new ChangeRule("kept", "v/#"u8.ToArray(), new ChangeOptions(), isStored: true)];
        using (var broker = new TestBroker(configure: parts => parts with { Store = _runs.Store }, changeRules: rules))
        {
            broker.Connect("publisher").Publish("v/1", "5");
        }

        _runs.Crash();
        using var next = new TestBroker(configure: parts => parts with { Store = _runs.Store }, changeRules: rules);

        Assert.Equal(["5"], next.Subscriber("v/1").Texts());
    }

    private static TestClient Subscribed(TestBroker broker, string clientId, string filter)
    {
        TestClient client = broker.Connect(clientId);
        client.Subscribe(filter);
        return client;
    }
}
