using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Testing;
using Broker.Testing.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What a broker finds again after a loss of power, and what it does not let leave before that is so.</summary>
public sealed class RecoveryTests
{
    private DelayedStore _store = new();

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Messages_that_wait_for_a_session_wait_again(ProtocolVersion version)
    {
        using (TestBroker broker = Start())
        {
            broker.KeptSubscriber("a/#", QualityOfService.ExactlyOnce, version).Drop();
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a/1", "one", QualityOfService.AtLeastOnce);
            publisher.PublishToEnd("a/2", "two", QualityOfService.ExactlyOnce);
            publisher.Publish("a/3", "not kept");
        }

        using TestBroker next = Restart();
        TestClient subscriber = next.Resume("subscriber", version);

        Assert.True(subscriber.ConnAck.SessionPresent);
        Assert.Equal(["one", "two"], subscriber.Texts());
    }

    [Fact]
    public void What_was_acknowledged_does_not_come_again()
    {
        using (TestBroker broker = Start())
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
            broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce);
            subscriber.PubAck(subscriber.ExpectMessage("x").PacketId);
        }

        using TestBroker next = Restart();

        next.Resume("subscriber").ExpectAlive();
    }

    [Fact]
    public void Subscriptions_are_there_with_their_options()
    {
        using (TestBroker broker = Start())
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
            subscriber.Subscribe("b", QualityOfService.AtLeastOnce);
            subscriber.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 9, "b"));
        }

        using TestBroker next = Restart();
        TestClient again = next.Resume("subscriber");
        TestClient publisher = next.Connect("publisher");
        publisher.PublishToEnd("b", "y", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce);

        Assert.Equal(QualityOfService.AtLeastOnce, again.ExpectMessage("x").Qos);
    }

    [Fact]
    public void Retained_messages_are_there_and_removed_ones_are_not()
    {
        using (TestBroker broker = Start())
        {
            TestClient publisher = broker.Connect("publisher");
            publisher.Publish("a", "old", retain: true);
            publisher.Publish("a", "new", retain: true);
            publisher.Publish("b", "gone", retain: true);
            publisher.Publish("b", "", retain: true);
        }

        using TestBroker next = Restart();

        Assert.Equal(["new"], next.Subscriber("#").Texts());
    }

    [Fact]
    public void A_QoS_2_publication_that_was_accepted_is_known_by_its_identifier()
    {
        using (TestBroker broker = Start())
        {
            broker.KeptSubscriber("a", QualityOfService.ExactlyOnce).Drop();
            TestClient publisher = broker.Resume("publisher");
            publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 7);
            publisher.ExpectAck<ServerPacket.PubRec>(7);
        }

        using TestBroker next = Restart();
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
        using (TestBroker broker = Start())
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

        using TestBroker next = Restart();
        TestClient again = next.Resume("subscriber");

        again.ExpectAck<ServerPacket.PubRel>(first);
        ServerPacket.Publish message = again.ExpectMessage("2");
        Assert.Equal((second, true), (message.PacketId, message.Dup));
    }

    [Fact]
    public void A_QoS_2_message_does_not_leave_before_its_identifier_is_safe()
    {
        using TestBroker broker = Start();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        _store.Holds = true;
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.Publish("a", "2", QualityOfService.AtLeastOnce, 2);
        publisher.Publish("a", "3", QualityOfService.ExactlyOnce, 3);

        subscriber.ExpectNothing();
        _store.CommitAll();

        Assert.Equal(["1", "2", "3"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void SUBACK_UNSUBACK_and_CONNACK_wait_for_their_commit(ProtocolVersion version)
    {
        using TestBroker broker = Start();
        TestClient client = broker.Resume("client", version);
        _store.Holds = true;

        client.Send(ClientPackets.Subscribe(version, 1, "a"));
        client.ExpectNothing();
        _store.CommitAll();
        client.Expect<ServerPacket.SubAck>();

        client.Send(ClientPackets.Unsubscribe(version, 2, "a"));
        client.ExpectNothing();
        _store.CommitAll();
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
        _store.CommitAll();
        other.Expect<ServerPacket.ConnAck>();
    }

    [Fact]
    public void The_will_of_a_client_that_was_connected_is_published_once()
    {
        using (TestBroker broker = Start())
        {
            broker.KeptSubscriber("w", QualityOfService.AtLeastOnce).Drop();
            broker.Connect(new ConnectOptions
            {
                ClientId = "mortal",
                CleanStart = false,
                Will = new WillOptions("w", "gone"u8.ToArray()) { Qos = QualityOfService.AtLeastOnce },
                Properties = new Properties().SessionExpiryInterval(3_600),
            });
            _store = _store.Crash(); // before anybody could see the connection end
        }

        using (TestBroker next = Start())
        {
            TestClient subscriber = next.Resume("subscriber");
            subscriber.PubAck(subscriber.ExpectMessage("gone").PacketId);
        }

        using TestBroker last = Restart();
        last.Resume("subscriber").ExpectAlive();
    }

    [Fact]
    public void Sessions_and_messages_expire_by_the_wall_clock()
    {
        using (TestBroker broker = Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a", "short", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(60));
            publisher.PublishToEnd("a", "long", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(3_000));
        }

        DelayedStore left = _store.Crash();
        using (TestBroker later = At(TimeSpan.FromMinutes(30), left.Crash(), out _))
        {
            TestClient subscriber = later.Resume("subscriber");
            Assert.True(subscriber.ConnAck.SessionPresent);
            Assert.Equal(1_200u, subscriber.ExpectMessage("long").Properties.Number(PropertyId.MessageExpiryInterval));
        }

        using TestBroker tooLate = At(TimeSpan.FromHours(2), left.Crash(), out FakeTimeProvider time);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(tooLate.Resume("subscriber").ConnAck.SessionPresent);
    }

    [Fact]
    public void A_session_that_a_clean_start_ended_stays_ended()
    {
        using (TestBroker broker = Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
            broker.Connect("subscriber").Disconnect();
        }

        using TestBroker next = Restart();

        Assert.False(next.Resume("subscriber").ConnAck.SessionPresent);
    }

    [Fact]
    public void A_checkpoint_shortens_the_log_and_changes_nothing()
    {
        using (TestBroker broker = Start(new StorePolicy { CheckpointBytes = 20_000 }))
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
            TestClient publisher = broker.Resume("publisher");
            publisher.PublishToEnd("a", "in flight", QualityOfService.ExactlyOnce);
            subscriber.ExpectMessage("in flight");
            subscriber.Drop();
            publisher.PublishToEnd("a", "waits", QualityOfService.AtLeastOnce);
            publisher.Publish("a", "held", QualityOfService.ExactlyOnce, 77);
            publisher.ExpectAck<ServerPacket.PubRec>(77);
            for (int i = 0; i < 400; i++) publisher.Publish("r", $"value {i}", retain: true);
            broker.Advance(TimeSpan.FromSeconds(5));
            Assert.True(_store.TrimmedBefore > 100);
        }

        using TestBroker next = Restart();
        Assert.Equal(["in flight", "waits", "held"], next.Resume("subscriber").Texts());
        Assert.Equal(["value 399"], Subscribed(next, "late", "r").Texts());
        TestClient publisherAgain = next.Resume("publisher");
        publisherAgain.PubRel(77);
        Assert.Equal(ReasonCode.Success, publisherAgain.ExpectAck<ServerPacket.PubComp>(77).ReasonCode);
    }

    [Fact]
    public void Values_of_a_rule_that_asks_for_it_are_there()
    {
        ChangeRule[] rules = [new ChangeRule("kept", "v/#"u8.ToArray(), new ChangeOptions(), isStored: true)];
        using (var broker = new TestBroker(configure: parts => parts with { Store = _store }, changeRules: rules))
        {
            broker.Connect("publisher").Publish("v/1", "5");
        }

        _store = _store.Crash();
        using var next = new TestBroker(configure: parts => parts with { Store = _store }, changeRules: rules);

        Assert.Equal(["5"], next.Subscriber("v/1").Texts());
    }

    [Fact]
    public void A_rule_can_promise_less()
    {
        var policy = new StorePolicy { Rules = [new StoreRule("fleeting", "m/#"u8.ToArray(), AckLevel.Memory)] };
        using (TestBroker broker = Start(policy))
        {
            broker.KeptSubscriber("#", QualityOfService.AtLeastOnce).Drop();
            TestClient publisher = broker.Connect("publisher");
            _store.Holds = true;
            publisher.Publish("m/1", "fleeting", QualityOfService.AtLeastOnce, 1);
            publisher.ExpectAck<ServerPacket.PubAck>(1);
            publisher.Publish("d/1", "durable", QualityOfService.AtLeastOnce, 2);
            publisher.ExpectNothing();
            _store.CommitAll();
            publisher.ExpectAck<ServerPacket.PubAck>(2);
        }

        using TestBroker next = Restart();

        Assert.Equal(["durable"], next.Resume("subscriber").Texts());
    }

    [Fact]
    public void With_a_full_disk_only_what_needs_it_is_refused()
    {
        using TestBroker broker = Start();
        TestClient kept = broker.KeptSubscriber("kept", QualityOfService.AtLeastOnce);
        Subscribed(broker, "fleeting", "fleeting");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("kept", "before", QualityOfService.AtLeastOnce);
        _store.IsFull = true;

        Assert.Equal(ReasonCode.QuotaExceeded, publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.PublishToEnd("any", "x", QualityOfService.ExactlyOnce, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("fleeting", "x", QualityOfService.AtLeastOnce));
        kept.PubAck(kept.ExpectMessage("before").PacketId);
        TestClient old = broker.Connect("old", ProtocolVersion.V311);
        old.Publish("kept", "x", QualityOfService.AtLeastOnce, 1);
        old.ExpectClosed();

        _store.IsFull = false;
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce));
    }

    [Fact]
    public void Publishers_are_not_read_from_while_too_much_waits_for_the_disk()
    {
        using TestBroker broker = Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        TestClient other = broker.Connect("other");
        _store.Holds = true;
        _store.IsBehind = true;

        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 1);
        Assert.True(publisher.IsPaused);

        _store.IsBehind = false;
        other.Publish("a", "y", QualityOfService.AtLeastOnce, 1);
        _store.CommitAll();
        publisher.ExpectAck<ServerPacket.PubAck>(1);
        Assert.False(publisher.IsPaused);
    }

    private static TestClient Subscribed(TestBroker broker, string clientId, string filter)
    {
        TestClient client = broker.Connect(clientId);
        client.Subscribe(filter);
        return client;
    }

    private static TestBroker At(TimeSpan later, DelayedStore store, out FakeTimeProvider time)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + later);
        time = clock;
        return new TestBroker(configure: parts => parts with { Store = store, Time = clock });
    }

    private TestBroker Start(StorePolicy? policy = null) => new(configure: parts => parts with { Store = _store }, store: policy);

    private TestBroker Restart()
    {
        _store = _store.Crash();
        return Start();
    }
}
