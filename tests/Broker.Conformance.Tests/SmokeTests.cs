using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests;

public sealed class SmokeTests
{
    [Theory]
    [InlineData(ProtocolVersion.V31, 0)]
    [InlineData(ProtocolVersion.V311, 0)]
    [InlineData(ProtocolVersion.V5, 0)]
    [InlineData(ProtocolVersion.V311, 1)]
    [InlineData(ProtocolVersion.V5, 1)]
    [InlineData(ProtocolVersion.V311, 2)]
    [InlineData(ProtocolVersion.V5, 2)]
    public void A_publication_reaches_its_subscriber(ProtocolVersion version, int level)
    {
        var qos = (QualityOfService)level;
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber", version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.Subscribe("a/+", qos);

        publisher.Send(ClientPackets.Publish(version, "a/b", "hello"u8.ToArray(), qos, 7));

        var message = subscriber.Expect<ServerPacket.Publish>();
        Assert.Equal("hello", message.Text);
        Assert.Equal(qos, message.Qos);
        if (qos == QualityOfService.AtLeastOnce) Assert.Equal(7, publisher.Expect<ServerPacket.PubAck>().PacketId);
        if (qos == QualityOfService.ExactlyOnce)
        {
            Assert.Equal(7, publisher.Expect<ServerPacket.PubRec>().PacketId);
            publisher.Send(ClientPackets.PubRel(version, 7));
            Assert.Equal(7, publisher.Expect<ServerPacket.PubComp>().PacketId);
        }

        publisher.ExpectNothing();
        subscriber.ExpectNothing();
    }
}
