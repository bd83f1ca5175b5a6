using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Reads of several connections that a transport handles as one round.</summary>
public sealed class ReceiveRoundTests
{
    [Fact]
    public void Nothing_leaves_before_the_round_is_over_and_then_everything_does()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.Subscribe("t/#", QualityOfService.AtLeastOnce);
        TestClient first = broker.Connect("first");
        TestClient second = broker.Connect("second");

        using (ReceiveRound.Open())
        {
            first.Send(ClientPackets.Publish(ProtocolVersion.V5, "t/1", "one"));
            second.Send(ClientPackets.Publish(ProtocolVersion.V5, "t/2", "two", QualityOfService.AtLeastOnce, 7));
            subscriber.ExpectNothing();
            second.ExpectNothing();
        }

        Assert.Equal("one", subscriber.Expect<ServerPacket.Publish>().Text);
        Assert.Equal("two", subscriber.Expect<ServerPacket.Publish>().Text);
        Assert.Equal(7, second.Expect<ServerPacket.PubAck>().PacketId);
    }

    [Fact]
    public void A_change_only_subscriber_gets_every_change_of_a_round_because_it_is_not_slow()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.Subscribe("$changes/t");
        TestClient first = broker.Connect("first");
        TestClient second = broker.Connect("second");

        using (ReceiveRound.Open())
        {
            first.Send(ClientPackets.Publish(ProtocolVersion.V5, "t", "1"));
            second.Send(ClientPackets.Publish(ProtocolVersion.V5, "t", "2"));
            first.Send(ClientPackets.Publish(ProtocolVersion.V5, "t", "3"));
        }

        foreach (string value in (string[])["1", "2", "3"]) Assert.Equal(value, subscriber.Expect<ServerPacket.Publish>().Text);
    }

    [Fact]
    public void A_connection_that_breaks_the_protocol_in_a_round_hears_of_it_and_the_others_go_on()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.Subscribe("t");
        TestClient bad = broker.Connect("bad");
        TestClient good = broker.Connect("good");

        using (ReceiveRound.Open())
        {
            bad.Send([0x00, 0x00]);
            good.Send(ClientPackets.Publish(ProtocolVersion.V5, "t", "fine"));
        }

        Assert.Equal(ReasonCode.MalformedPacket, bad.Expect<ServerPacket.Disconnect>().ReasonCode);
        Assert.Equal("fine", subscriber.Expect<ServerPacket.Publish>().Text);
    }

    [Fact]
    public void After_a_round_every_read_is_again_answered_at_once()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");
        using (ReceiveRound.Open())
        {
        }

        client.Send(ClientPackets.PingReq());

        client.Expect<ServerPacket.PingResp>();
    }
}
