using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;

namespace Broker.Conformance.Tests.Changes;

/// <summary>A client that acknowledges what it gets and remembers it as <c>topic=payload</c>.</summary>
internal sealed class Subscriber
{
    private Subscriber(TestClient client) => Client = client;

    public TestClient Client { get; }

    public static Subscriber Connect(
        TestBroker broker, string clientId, ProtocolVersion version = ProtocolVersion.V5) =>
        new(broker.Connect(clientId, version));

    /// <summary>What came since the last call, as <c>topic=payload</c>.</summary>
    public List<string> Received() => [.. Messages().Select(m => $"{m.Topic}={m.Text}")];

    /// <summary>What came since the last call; every exchange is finished, which may bring more.</summary>
    public List<ServerPacket.Publish> Messages()
    {
        List<ServerPacket.Publish> messages = [];
        while (Client.Next() is { } packet)
        {
            switch (packet)
            {
                case ServerPacket.Publish { Qos: QualityOfService.AtMostOnce } message:
                    messages.Add(message);
                    break;
                case ServerPacket.Publish { Qos: QualityOfService.AtLeastOnce } message:
                    messages.Add(message);
                    Client.Send(ClientPackets.PubAck(Client.Version, message.PacketId));
                    break;
                case ServerPacket.Publish message:
                    messages.Add(message);
                    Client.Send(ClientPackets.PubRec(Client.Version, message.PacketId));
                    break;
                case ServerPacket.PubRel release:
                    Client.Send(ClientPackets.PubComp(Client.Version, release.PacketId));
                    break;
            }
        }

        return messages;
    }
}
