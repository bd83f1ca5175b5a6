using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>
/// A client that keeps its own session state as the specification demands it, checks every packet against the model, and can
/// be made to stop reading, to withhold its acknowledgements, or to lose its network.
/// </summary>
internal sealed class ModelClient(TestBroker broker, string clientId, ProtocolVersion version, ModelSession model, Action<string, string, QualityOfService> route)
{
    private readonly List<Received> _received = [];
    private readonly List<Sent> _sent = [];
    private readonly List<Action> _withheld = [];
    private readonly Dictionary<uint, string> _aliases = [];
    private TestClient? _connection;
    private int _lastResent;

    public ModelSession Model => model;

    public bool IsConnected => _connection is { IsClosed: false };

    public bool IsStalled => _connection is { IsStalled: true };

    public bool Withholds { get; private set; }

    /// <summary>Everything that both sides owed each other is done.</summary>
    public bool IsDrained => _received.Count == 0 && _sent.Count == 0 && model.Owed.Count == 0 && model.Passing.Count == 0;

    public void Connect(bool cleanStart, bool isKept, Properties properties)
    {
        bool present = model.Connect(cleanStart, isKept);
        Forget();
        if (version == ProtocolVersion.V5 && isKept) properties.SessionExpiryInterval(3_600);
        var options = new ConnectOptions { ClientId = clientId, Version = version, CleanStart = cleanStart, KeepAlive = 0, Properties = properties };
        _connection = broker.Connect(options);
        Assert.Equal(present, _connection.ConnAck.SessionPresent);
        if (!present)
        {
            _received.Clear();
            _sent.Clear();
        }

        foreach (Sent sent in _sent.ToArray())
        {
            if (sent.IsReleased) _connection.PubRel(sent.Id);
            else Send(sent, isAgain: true);
        }
    }

    public void Drop(double now)
    {
        _connection!.Drop();
        model.Leave(now);
        Forget();
    }

    public void Disconnect(double now)
    {
        _connection!.Send(ClientPackets.Disconnect(version));
        _connection.Drop();
        model.Leave(now);
        Forget();
    }

    public void Subscribe(string filter, QualityOfService qos)
    {
        model.Subscribe(filter, qos);
        _connection!.Send(ClientPackets.Subscribe(version, 60_000, filter, qos));
    }

    public void Publish(string topic, string text, QualityOfService qos)
    {
        ushort id = 0;
        while (qos != QualityOfService.AtMostOnce && (id == 0 || _sent.Exists(s => s.Id == id))) id++;
        var sent = new Sent(id, topic, text, qos);
        if (qos != QualityOfService.AtMostOnce) _sent.Add(sent);
        Send(sent, isAgain: false);
    }

    public void Stall() => _connection!.Stall();

    public void Unstall() => _connection!.Unstall();

    /// <summary>Begins or ends to hold back what it has to answer.</summary>
    public void Withhold(bool withholds)
    {
        Withholds = withholds;
        if (withholds) return;
        Action[] due = [.. _withheld];
        _withheld.Clear();
        foreach (Action answer in due) answer();
    }

    /// <summary>Reads what has arrived, and answers it; whether anything had.</summary>
    public bool Pump()
    {
        if (!IsConnected || IsStalled) return false;
        bool any = false;
        while (_connection!.Next() is { } packet)
        {
            any = true;
            Take(packet);
        }

        return any;
    }

    private void Send(Sent sent, bool isAgain)
    {
        bool isNew = sent.Qos != QualityOfService.ExactlyOnce || !isAgain; // QoS 2 is known by its identifier
        if (isNew) route(sent.Topic, sent.Text, sent.Qos);
        _connection!.Publish(sent.Topic, sent.Text, sent.Qos, sent.Id, dup: isAgain);
    }

    private void Take(ServerPacket packet)
    {
        switch (packet)
        {
            case ServerPacket.Publish message:
                TakeMessage(message);
                break;
            case ServerPacket.PubRel release:
                Answer(() =>
                {
                    _received.RemoveAll(r => r.Id == release.PacketId);
                    _connection!.PubComp(release.PacketId);
                });
                break;
            case ServerPacket.PubRec ack:
                _sent.Find(s => s.Id == ack.PacketId)!.IsReleased = true;
                _connection!.PubRel(ack.PacketId);
                break;
            case ServerPacket.PubAck or ServerPacket.PubComp:
                Assert.Equal(1, _sent.RemoveAll(s => s.Id == ((ServerPacket.Ack)packet).PacketId));
                break;
            default:
                Assert.IsType<ServerPacket.SubAck>(packet);
                break;
        }
    }

    private void TakeMessage(ServerPacket.Publish message)
    {
        Assert.False(message.Retain);
        string topic = TopicOf(message);
        Assert.StartsWith(topic, message.Text, StringComparison.Ordinal);
        if (message.Qos == QualityOfService.AtMostOnce)
        {
            Assert.True(model.Passing.TryDequeue(out string? passing), $"{clientId}: nobody owes {message.Text}");
            Assert.Equal(passing, message.Text);
            return;
        }

        int known = _received.FindIndex(r => r.Id == message.PacketId);
        if (known >= 0)
        {
            Assert.True(message.Dup, $"{clientId}: identifier {message.PacketId} is in use");
            Assert.Equal((_received[known].Text, false), (message.Text, _received[known].IsAnswered)); // [MQTT-4.3.3-6]
            Assert.True(known >= _lastResent, $"{clientId}: {message.Text} is sent again out of order");
            _lastResent = known + 1;
        }
        else
        {
            Assert.True(model.Owed.TryDequeue(out (string Text, QualityOfService Qos) owed), $"{clientId}: nobody owes {message.Text}");
            Assert.Equal(owed, (message.Text, message.Qos)); // in order, none left out
            _received.Add(new Received(message.PacketId, message.Text));
        }

        Answer(() =>
        {
            int at = _received.FindIndex(r => r.Id == message.PacketId);
            if (message.Qos == QualityOfService.ExactlyOnce) _received[at].IsAnswered = true;
            else
            {
                _received.RemoveAt(at);
                if (at < _lastResent) _lastResent--;
            }

            client().Acknowledge(message);
        });

        TestClient client() => _connection!;
    }

    private string TopicOf(ServerPacket.Publish message)
    {
        if (message.Properties.Number(PropertyId.TopicAlias) is not { } alias) return message.Topic;
        if (message.Topic.Length > 0) _aliases[alias] = message.Topic;
        return _aliases[alias];
    }

    private void Answer(Action answer)
    {
        if (Withholds) _withheld.Add(answer);
        else answer();
    }

    /// <summary>What dies with a connection.</summary>
    private void Forget()
    {
        _withheld.Clear();
        _aliases.Clear();
        _lastResent = 0;
    }

    private sealed record Received(ushort Id, string Text)
    {
        public bool IsAnswered { get; set; }
    }

    private sealed record Sent(ushort Id, string Topic, string Text, QualityOfService Qos)
    {
        public bool IsReleased { get; set; }
    }
}
