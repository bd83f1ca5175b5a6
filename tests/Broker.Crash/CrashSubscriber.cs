using System.Globalization;
using System.Text;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>Takes everything, keeps the packet identifiers of QoS 2 over its connections, and may drop a connection or open a second one at any time.</summary>
internal sealed class CrashSubscriber(string id, QualityOfService qos, bool isRestless, int seed, int port, History history) : CrashClient(id, port, history)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(20);

    private readonly Random _random = new(seed);
    private readonly HashSet<ushort> _unreleased = [];
    private volatile bool _isCalm;

    public bool IsSubscribed { get; private set; }

    /// <summary>Stays connected from now on.</summary>
    public void CalmDown() => _isCalm = true;

    protected override bool TakesOver => _random.Next(2) == 0;

    protected override void Live(Link link, bool isPresent)
    {
        if (!isPresent) _unreleased.Clear();
        if (!IsSubscribed || !isPresent)
        {
            link.Send(ClientPackets.Subscribe(
                ProtocolVersion.V5, 1, new SubscribeFilter("c/#", qos), new SubscribeFilter("w", qos)));
        }

        while (!IsStopping)
        {
            // It leaves without a word: to lose the connection, or to take its own session over.
            if (isRestless && !_isCalm && _random.Next(400) == 0) return;
            if (link.Receive(_patience) is { } packet) Handle(link, packet);
        }
    }

    private void Handle(Link link, ServerPacket packet)
    {
        switch (packet)
        {
            case ServerPacket.SubAck:
                History.Subscribed(Id, qos == QualityOfService.ExactlyOnce);
                IsSubscribed = true;
                break;
            case ServerPacket.Publish { Qos: QualityOfService.ExactlyOnce } publish:
                if (_unreleased.Add(publish.PacketId)) Take(publish);
                link.Send(ClientPackets.PubRec(ProtocolVersion.V5, publish.PacketId));
                break;
            case ServerPacket.Publish publish:
                Take(publish);
                if (publish.Qos == QualityOfService.AtLeastOnce) link.Send(ClientPackets.PubAck(ProtocolVersion.V5, publish.PacketId));
                break;
            case ServerPacket.PubRel release:
                _unreleased.Remove(release.PacketId);
                link.Send(ClientPackets.PubComp(ProtocolVersion.V5, release.PacketId));
                break;
            case ServerPacket.Disconnect:
                throw new IOException("told to go");
        }
    }

    private void Take(ServerPacket.Publish publish)
    {
        if (publish.Topic == "w")
        {
            History.WillDelivered(Id, long.Parse(Encoding.UTF8.GetString(publish.Payload), CultureInfo.InvariantCulture));
            return;
        }

        bool isSound = Payload.TryRead(publish.Payload, out int publisher, out long number);
        History.Delivered(Id, publish.Topic, publisher, number, isSound);
    }
}
