using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.1.4: a client identifier that is connected already.</summary>
public sealed class TakeoverTests
{
    public static TheoryData<ProtocolVersion, ProtocolVersion, bool> Pairs()
    {
        var data = new TheoryData<ProtocolVersion, ProtocolVersion, bool>();
        foreach (ProtocolVersion before in new AllVersions().Select(row => row.Data))
        {
            foreach (ProtocolVersion after in new AllVersions().Select(row => row.Data))
            {
                data.Add(before, after, true);
                data.Add(before, after, false);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Clause("MQTT-3.1.4-3")]
    [Clause("MQTT-3.1.4-4")]
    [Clause("V311:MQTT-3.1.4-2")]
    public void The_earlier_connection_is_closed_and_the_later_has_the_session(ProtocolVersion before, ProtocolVersion after, bool cleanStart)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", before);
        first.Subscribe("a", QualityOfService.AtLeastOnce);

        TestClient second = cleanStart ? broker.Connect("client", after) : broker.Resume("client", after);
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1", QualityOfService.AtLeastOnce, 1));

        first.ExpectClosed(ReasonCode.SessionTakenOver);
        Assert.Equal(!cleanStart && after != ProtocolVersion.V31, second.ConnAck.SessionPresent);
        if (cleanStart) second.ExpectNothing();
        else Assert.Equal("1", second.NextText());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Clause("MQTT-4.1.0-2")]
    [Clause("V311:MQTT-3.1.2-6")]
    public void A_session_that_was_to_end_with_its_connection_is_not_taken_over(ProtocolVersion before, ProtocolVersion after, bool cleanStart)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Connect("client", before); // clean, without an expiry interval
        first.Subscribe("a", QualityOfService.AtLeastOnce);

        TestClient second = cleanStart ? broker.Connect("client", after) : broker.Resume("client", after);
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1", QualityOfService.AtLeastOnce, 1));

        first.ExpectClosed(ReasonCode.SessionTakenOver);
        Assert.False(second.ConnAck.SessionPresent);
        second.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-3")]
    public void What_was_on_its_way_is_sent_again_to_the_later_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);
        first.Subscribe("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Send(ClientPackets.Publish(version, "a", "1", QualityOfService.AtLeastOnce, 1));
        ServerPacket.Publish before = first.Expect<ServerPacket.Publish>();
        first.Stall();
        publisher.Send(ClientPackets.Publish(version, "a", "2", QualityOfService.AtLeastOnce, 2));

        TestClient second = broker.Resume("client", version);

        ServerPacket.Publish again = second.Expect<ServerPacket.Publish>();
        Assert.Equal(("1", true, before.PacketId), (again.Text, again.Dup, again.PacketId));
        ServerPacket.Publish next = second.Expect<ServerPacket.Publish>();
        Assert.Equal(("2", false), (next.Text, next.Dup));
        second.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void The_end_of_the_displaced_connection_does_not_touch_its_successor(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);
        first.Stall(); // it does not even take its DISCONNECT
        TestClient second = broker.Resume("client", version);
        second.Subscribe("a", QualityOfService.AtLeastOnce);

        broker.Elapse(10); // the broker hangs up
        Assert.True(first.IsClosed);
        first.Drop();
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1"));

        Assert.Equal("1", second.NextText());
        second.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-3")]
    public void Two_devices_with_one_identifier_may_fight_for_long(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient last = broker.Resume("client", version);
        last.Subscribe("a", QualityOfService.AtLeastOnce);

        for (int i = 0; i < 2_000; i++)
        {
            TestClient next = broker.Resume("client", version);
            last.ExpectClosed(ReasonCode.SessionTakenOver);
            last.Drop();
            last = next;
        }

        Assert.Equal(1, broker.Broker.ConnectionCount);
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1"));
        Assert.Equal("1", last.NextText());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_refused_CONNECT_displaces_nobody(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);

        TestClient malformed = broker.SendConnect(new ConnectOptions { Version = version, Trailing = [0] });
        TestClient forbidden = broker.SendConnect(new ConnectOptions { Version = version, Will = new WillOptions("$SYS/x", [1]) });

        malformed.ExpectRefused(ReasonCode.MalformedPacket);
        forbidden.ExpectRefused(ReasonCode.NotAuthorized);
        first.ExpectNothing();
    }
}
