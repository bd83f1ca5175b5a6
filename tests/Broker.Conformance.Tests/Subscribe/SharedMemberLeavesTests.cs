using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>4.8.2: a member of a shared subscription leaves at every stage. Nothing is lost at QoS 1 and 2, and QoS 2 never comes twice.</summary>
public sealed class SharedMemberLeavesTests
{
    private const string Filter = "$share/g/a";

    public static TheoryData<ProtocolVersion, int> VersionsAndQos { get; } = new()
    {
        { ProtocolVersion.V311, 1 }, { ProtocolVersion.V311, 2 }, { ProtocolVersion.V5, 1 }, { ProtocolVersion.V5, 2 },
    };

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-4.8.2-4")]
    public void The_sole_member_goes_on_with_dup_and_the_same_packet_identifiers(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 2 });
        TestClient member = broker.Resume("m", version);
        member.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 4; i++) publisher.Publish("a", $"{i}", qos);
        ushort[] ids = [.. member.All().Cast<ServerPacket.Publish>().Select(m => m.PacketId)];
        member.Drop();
        publisher.Publish("a", "4", qos);

        member = broker.Resume("m", version);

        List<ServerPacket.Publish> again = member.Messages();
        Assert.Equal(
            [$"a=0 q{qos} dup", $"a=1 q{qos} dup", $"a=2 q{qos}", $"a=3 q{qos}", $"a=4 q{qos}"], again.Select(Exchanges.Line));
        Assert.Equal(ids, again.Take(2).Select(m => m.PacketId));
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-4.8.2-4")]
    [Clause("MQTT-4.8.2-5")]
    public void What_a_gone_member_had_goes_to_another_except_qos_2_in_flight(ProtocolVersion version, int qos)
    {
        foreach (bool isKept in new[] { true, false })
        {
            using var broker = new TestBroker(new() { Inflight = 2 });
            TestClient gone = isKept ? broker.Resume("gone", version) : broker.Connect("gone", version);
            gone.SubscribeTo(Filter, qos);
            TestClient publisher = broker.Connect("p", version);
            for (int i = 0; i < 4; i++) publisher.Publish("a", $"{i}", qos);
            ushort[] ids = [.. gone.All().Cast<ServerPacket.Publish>().Select(m => m.PacketId)]; // 0 and 1; 2 and 3 wait
            TestClient other = broker.Connect("other", version);
            other.SubscribeTo(Filter, qos);

            gone.Drop();

            string[] handedOn = [.. other.Messages().Select(m => m.Text)];
            Assert.Equal(qos == 1 ? ["0", "1", "2", "3"] : ["2", "3"], handedOn);
            if (isKept)
            {
                List<ServerPacket.Publish> back = broker.Resume("gone", version).Messages();
                Assert.Equal(qos == 1 ? [] : ["a=0 q2 dup", "a=1 q2 dup"], back.Select(Exchanges.Line));
                Assert.Equal(qos == 1 ? [] : ids, back.Select(m => m.PacketId));
            }

            Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-4.8.2-4")]
    public void A_released_qos_2_exchange_is_finished_with_its_member(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient member = broker.Resume("m", version);
        member.SubscribeTo(Filter, 2);
        broker.Connect("p", version).Publish("a", "x", 2);
        ushort id = member.Expect<ServerPacket.Publish>().PacketId;
        member.Send(ClientPackets.PubRec(version, id));
        member.Expect<ServerPacket.PubRel>();
        TestClient other = broker.Connect("other", version);
        other.SubscribeTo(Filter, 2);

        member.Drop();
        other.ExpectNothing();
        member = broker.Resume("m", version);

        Assert.Equal(id, member.Expect<ServerPacket.PubRel>().PacketId);
        member.Send(ClientPackets.PubComp(version, id));
        member.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-4.8.2-5")]
    public void When_a_kept_session_expires_others_get_what_waited(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 1, SessionExpiry = TimeSpan.FromSeconds(20) });
        TestClient gone = broker.Resume("gone", version);
        gone.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "in flight", qos);
        publisher.Publish("a", "waits", qos);
        gone.Drop();
        publisher.Publish("a", "came later", qos);
        TestClient other = broker.Resume("other", version);
        other.SubscribeTo(Filter, qos);
        other.ExpectNothing();

        broker.Advance(TimeSpan.FromSeconds(21));

        Assert.Equal(qos == 1 ? ["in flight", "waits", "came later"] : ["waits", "came later"], other.Messages().Select(m => m.Text));
        Assert.Equal(1, broker.Broker.Context.Subscriptions.Count);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    public void An_absent_member_inherits_when_nobody_is_connected(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient heir = broker.Resume("heir", version);
        heir.SubscribeTo(Filter, qos);
        heir.Drop();
        TestClient gone = broker.Connect("gone", version);
        gone.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "in flight", qos);
        publisher.Publish("a", "waits", qos);

        gone.Drop(); // and its session ends

        Assert.Equal(qos == 1 ? ["in flight", "waits"] : ["waits"], broker.Resume("heir", version).Messages().Select(m => m.Text));
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    public void A_takeover_keeps_everything_with_its_member(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient member = broker.Resume("m", version);
        member.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "in flight", qos);
        publisher.Publish("a", "waits", qos);
        TestClient other = broker.Connect("other", version);
        other.SubscribeTo(Filter, qos);

        TestClient next = broker.Resume("m", version);

        string[] got = [.. next.Messages().Concat(other.Messages()).Select(m => m.Text)];
        Assert.Equal(["in flight", "waits"], got);
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-3.1.2-4")]
    public void A_clean_start_hands_on_and_gives_the_new_session_nothing(ProtocolVersion version, int qos)
    {
        foreach (bool isConnected in new[] { true, false })
        {
            using var broker = new TestBroker(new() { Inflight = 1 });
            TestClient member = broker.Resume("m", version);
            member.SubscribeTo(Filter, qos);
            TestClient publisher = broker.Connect("p", version);
            publisher.Publish("a", "in flight", qos);
            publisher.Publish("a", "waits", qos);
            if (!isConnected) member.Drop();
            TestClient other = broker.Connect("other", version);
            other.SubscribeTo(Filter, qos);

            TestClient next = broker.Connect("m", version);

            next.ExpectNothing();
            Assert.Equal(qos == 1 ? ["in flight", "waits"] : ["waits"], other.Messages().Select(m => m.Text));
        }
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-3.1.2-4")]
    public void A_clean_start_of_the_sole_member_discards_what_waited(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient member = broker.Resume("m", version);
        member.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "in flight", qos);
        publisher.Publish("a", "waits", qos);
        member.Drop();

        TestClient next = broker.Connect("m", version);

        next.ExpectNothing();
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    [Clause("MQTT-3.10.4-3")]
    public void Unsubscribing_leaves_what_waits_with_the_member(ProtocolVersion version, int qos)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient member = broker.Connect("m", version);
        member.SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "in flight", qos);
        publisher.Publish("a", "waits", qos);
        ServerPacket first = member.Next()!;

        member.UnsubscribeFrom(Filter);
        publisher.Publish("a", "too late", qos);
        member.Answer(first);

        Assert.Equal(["waits"], member.Messages().Select(m => m.Text));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Members_that_come_and_go_at_random_lose_nothing_and_get_qos_2_once(ProtocolVersion version)
    {
        for (int seed = 0; seed < 20; seed++) new SharedGroupScenario(version, seed).Run();
    }
}
