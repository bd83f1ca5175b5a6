using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Concurrency;

/// <summary>
/// A client with a kept session that receives as MQTT tells it to, over any number of connections, and notes what it got. A
/// payload is a number; each topic's numbers go up.
/// </summary>
/// <remarks>Threading: one thread at a time.</remarks>
internal sealed class Receiver(string clientId)
{
    private readonly HashSet<ushort> _receiving = [];
    private readonly Queue<ServerPacket> _unanswered = new();

    /// <summary>For each topic the numbers in the order they came; repetitions (DUP at QoS 1) included.</summary>
    public Dictionary<string, List<(int Number, bool Dup)>> Got { get; } = [];

    public ThreadedConnection? Connection { get; private set; }

    public string ClientId { get; } = clientId;

    /// <summary>Connects, or takes its own connection over.</summary>
    public void Connect(ThreadedBroker broker)
    {
        ThreadedConnection? former = Connection;
        _unanswered.Clear();
        var options = new ConnectOptions { ClientId = ClientId, CleanStart = false, Properties = new Properties().SessionExpiryInterval(3_600).ReceiveMaximum(5) };
        Connection = broker.Connect(options, _unanswered.Enqueue) ?? throw new InvalidOperationException($"{ClientId} was not let in");
        former?.Drop();
    }

    public void Drop()
    {
        Connection?.Drop();
        Connection = null;
    }

    public void Subscribe(string filter, QualityOfService qos)
    {
        Connection!.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, filter, qos)); // it is connected
        if (Connection.Await<ServerPacket.SubAck>(_unanswered.Enqueue) is null) throw new InvalidOperationException("SUBACK did not come");
    }

    public void Unsubscribe(string filter)
    {
        Connection!.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, filter)); // it is connected
        if (Connection.Await<ServerPacket.UnsubAck>(_unanswered.Enqueue) is null) throw new InvalidOperationException("UNSUBACK did not come");
    }

    /// <summary>Takes what came and answers up to <paramref name="count"/> packets; false if there was none.</summary>
    public bool Receive(int count = int.MaxValue)
    {
        if (Connection is not { } connection) return false;
        foreach (ServerPacket packet in connection.Take()) _unanswered.Enqueue(packet);
        bool any = false;
        for (; count > 0 && _unanswered.TryDequeue(out ServerPacket? packet); count--)
        {
            any = true;
            if (Answer(packet) is { } answer) connection.Send(answer);
        }

        return any;
    }

    /// <summary>The numbers of a topic, each once, in the order they came first.</summary>
    public int[] First(string topic) => [.. Got.GetValueOrDefault(topic, []).Select(x => x.Number).Distinct()];

    /// <summary>The numbers of a topic without what was sent again.</summary>
    public int[] New(string topic) => [.. Got.GetValueOrDefault(topic, []).Where(x => !x.Dup).Select(x => x.Number)];

    /// <summary>All numbers of a topic.</summary>
    public int[] All(string topic) => [.. Got.GetValueOrDefault(topic, []).Select(x => x.Number)];

    private byte[]? Answer(ServerPacket packet)
    {
        switch (packet)
        {
            case ServerPacket.Publish { Qos: QualityOfService.ExactlyOnce } message:
                if (_receiving.Add(message.PacketId)) Note(message);
                return ClientPackets.PubRec(ProtocolVersion.V5, message.PacketId);
            case ServerPacket.Publish message:
                Note(message);
                return message.Qos == QualityOfService.AtLeastOnce ? ClientPackets.PubAck(ProtocolVersion.V5, message.PacketId) : null;
            case ServerPacket.PubRel release:
                _receiving.Remove(release.PacketId);
                return ClientPackets.PubComp(ProtocolVersion.V5, release.PacketId);
            case ServerPacket.Disconnect:
                return null;
            default:
                throw new InvalidOperationException($"{ClientId} did not expect {packet}");
        }
    }

    private void Note(ServerPacket.Publish message)
    {
        if (!Got.TryGetValue(message.Topic, out List<(int, bool)>? numbers)) Got[message.Topic] = numbers = [];
        numbers.Add((int.Parse(message.Text, CultureInfo.InvariantCulture), message.Dup));
    }
}
