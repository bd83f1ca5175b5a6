using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Concurrency;

/// <summary>One thread of <see cref="ChaosTests"/>: it does whatever a client may do, with connections that others take from it.</summary>
internal sealed class Rioter(ThreadedBroker broker, Random random)
{
    private const int ClientIds = 6;

    private static readonly string[] _filters =
        ["a", "a/+", "#", "+/b", "$share/g/a", "$share/g/#", "$share/h/+/b", "$presence/#", "$SYS/#", "a/b"];

    private static readonly string[] _topics = ["a", "a/b", "c/b", "c"];

    private readonly List<ThreadedConnection> _connections = [];

    /// <summary>Does so many things, or as many as the broker lets it, then hangs up everywhere.</summary>
    public void Riot(int steps, Action<int>? onStep = null)
    {
        bool isLetIn = true;
        for (int step = 0; step < steps && isLetIn; step++)
        {
            onStep?.Invoke(step);
            if (_connections.Count == 0 || random.Next(15) == 0) isLetIn = Connect();
            else Do(_connections[random.Next(_connections.Count)]);
            Answer();
        }

        foreach (ThreadedConnection connection in _connections) connection.Drop();
    }

    /// <summary>False if the broker takes nobody any more.</summary>
    private bool Connect()
    {
        ProtocolVersion version = random.Next(3) == 0 ? ProtocolVersion.V311 : ProtocolVersion.V5;
        var will = new WillOptions(Topic(), "w"u8.ToArray())
        {
            Qos = Qos(),
            Retain = random.Next(2) == 0,
            Properties = new Properties().WillDelayInterval((uint)random.Next(3)),
        };
        var options = new ConnectOptions
        {
            ClientId = $"client {random.Next(ClientIds)}",
            Version = version,
            CleanStart = version == ProtocolVersion.V311 || random.Next(3) == 0, // a kept 3.1.1 session would outlive the test
            KeepAlive = (ushort)random.Next(1, 30),
            Will = random.Next(3) == 0 ? will : null,
            Properties = new Properties().SessionExpiryInterval((uint)random.Next(3) * 5).ReceiveMaximum((ushort)random.Next(1, 5)),
        };
        var connection = new ThreadedConnection(version);
        connection.Attach(broker.Broker.Accept(connection, new ConnectionInfo("Test", TransportKind.Memory, null)));
        if (connection.IsRefused) return false;
        connection.Send(ClientPackets.Connect(options));
        _connections.Add(connection);
        return true;
    }

    private void Do(ThreadedConnection connection)
    {
        ProtocolVersion version = connection.Version;
        ushort id = (ushort)random.Next(1, 10);
        switch (random.Next(10))
        {
            case 0 or 1:
                connection.Send(ClientPackets.Subscribe(version, (ushort)(100 + id), Filter(), Qos()));
                break;
            case 2:
                connection.Send(ClientPackets.Unsubscribe(version, (ushort)(100 + id), Filter()));
                break;
            case 3:
                connection.Send(ClientPackets.PubRel(version, id));
                break;
            case 4:
                connection.Send(ClientPackets.PingReq());
                break;
            case 5 when random.Next(3) == 0:
                connection.Send(ClientPackets.Disconnect(version, version == ProtocolVersion.V5 && random.Next(2) == 0 ? ReasonCode.DisconnectWithWillMessage : ReasonCode.Success));
                break;
            case 6 when random.Next(3) == 0:
                connection.Drop();
                break;
            default:
                bool retain = random.Next(4) == 0;
                string payload = random.Next(4) == 0 ? "" : "x";
                Properties properties = random.Next(4) == 0 ? new Properties().MessageExpiryInterval((uint)random.Next(1, 4)) : [];
                connection.Send(ClientPackets.Publish(version, Topic(), payload, Qos(), id, retain, properties: properties));
                break;
        }
    }

    /// <summary>Reads everywhere, and answers some of it.</summary>
    private void Answer()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            ThreadedConnection connection = _connections[i];
            bool isOver = connection.IsClosed;
            foreach (ServerPacket packet in connection.Take())
            {
                byte[]? answer = packet switch
                {
                    ServerPacket.Publish { Qos: QualityOfService.AtLeastOnce } message => ClientPackets.PubAck(connection.Version, message.PacketId),
                    ServerPacket.Publish { Qos: QualityOfService.ExactlyOnce } message => ClientPackets.PubRec(connection.Version, message.PacketId),
                    ServerPacket.PubRel release => ClientPackets.PubComp(connection.Version, release.PacketId),
                    _ => null,
                };
                if (answer is not null && random.Next(5) > 0) connection.Send(answer);
            }

            if (!isOver) continue;
            connection.Drop();
            _connections.RemoveAt(i);
        }
    }

    private string Filter() => _filters[random.Next(_filters.Length)];

    private string Topic() => _topics[random.Next(_topics.Length)];

    private QualityOfService Qos() => (QualityOfService)random.Next(3);
}
