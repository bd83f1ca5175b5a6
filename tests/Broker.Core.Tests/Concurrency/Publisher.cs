using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Concurrency;

/// <summary>
/// A client with a kept session that publishes numbers that go up, and repeats what was not acknowledged when its connection
/// breaks.
/// </summary>
/// <remarks>Threading: one thread at a time.</remarks>
internal sealed class Publisher(ThreadedBroker broker, string clientId, Random random)
{
    private ThreadedConnection? _connection;
    private ushort _packetId;

    /// <summary>The last number of each topic.</summary>
    public Dictionary<string, int> Last { get; } = [];

    /// <summary>Publishes the topic's next number, and goes on until it is acknowledged. Now and then the connection breaks on the way.</summary>
    public void Publish(string topic, QualityOfService qos, bool retain = false)
    {
        int number = Last.GetValueOrDefault(topic) + 1;
        Last[topic] = number;
        _packetId = (ushort)((_packetId % 60_000) + 1);
        string text = number.ToString(CultureInfo.InvariantCulture);
        bool isRepeated = false;
        while (true)
        {
            ThreadedConnection connection = Connected();
            connection.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, text, qos, _packetId, retain, isRepeated));
            if (qos == QualityOfService.AtMostOnce) return;
            bool isLost = random.Next(20) == 0;
            if (isLost) connection.Drop();
            else if (IsFinished(connection, qos)) return;
            isRepeated = true;
        }
    }

    public void Drop() => _connection?.Drop();

    private bool IsFinished(ThreadedConnection connection, QualityOfService qos)
    {
        if (qos == QualityOfService.AtLeastOnce) return connection.Await<ServerPacket.PubAck>(Unexpected) is not null;
        if (connection.Await<ServerPacket.PubRec>(Unexpected) is null) return false;
        while (true)
        {
            if (random.Next(20) == 0) connection.Drop(); // PUBREL is sent again on the next connection
            connection = Connected();
            if (connection.Send(ClientPackets.PubRel(ProtocolVersion.V5, _packetId)) && connection.Await<ServerPacket.PubComp>(Unexpected) is not null) return true;
        }
    }

    private ThreadedConnection Connected()
    {
        if (_connection is { IsClosed: false }) return _connection;
        _connection?.Drop();
        var options = new ConnectOptions { ClientId = clientId, CleanStart = false, Properties = new Properties().SessionExpiryInterval(3_600) };
        return _connection = broker.Connect(options, Unexpected) ?? throw new InvalidOperationException($"{clientId} was not let in");
    }

    private void Unexpected(ServerPacket packet) => throw new InvalidOperationException($"{clientId} did not expect {packet}");
}
