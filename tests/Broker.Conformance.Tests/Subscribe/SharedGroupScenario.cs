using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>
/// Members of one shared group with kept sessions that lose their connections in the middle of everything. In the end every
/// message was received by somebody, those of QoS 2 by one member and once.
/// </summary>
internal sealed class SharedGroupScenario(ProtocolVersion version, int seed)
{
    private const int Members = 3;
    private const int Steps = 400;

    private readonly Random _random = new(seed);
    private readonly TestClient?[] _clients = new TestClient?[Members];
    private readonly Queue<ServerPacket>[] _unanswered = [new(), new(), new()];
    private readonly HashSet<ushort>[] _receiving = [[], [], []];
    private readonly Dictionary<string, int> _received = [];
    private int _published;

    public void Run()
    {
        using var broker = new TestBroker(new() { Inflight = 3 });
        for (int i = 0; i < Members; i++)
        {
            _clients[i] = broker.Resume($"m{i}", version);
            _clients[i]!.SubscribeTo("$share/g/a", 2);
        }

        TestClient publisher = broker.Connect("p", version);
        for (int step = 0; step < Steps; step++) Step(broker, publisher, _random.Next(Members));
        for (int i = 0; i < Members; i++) _clients[i] ??= Resume(broker, i);
        while (Enumerable.Range(0, Members).Any(Take))
        {
            for (int i = 0; i < Members; i++) Answer(i, int.MaxValue);
        }

        for (int n = 0; n < _published; n++)
        {
            int times = _received.GetValueOrDefault(Text(n));
            Assert.True(n % 2 == 1 ? times >= 1 : times == 1, $"Seed {seed}: QoS {(n % 2 == 1 ? 1 : 2)} message {n} was received {times} times");
        }

        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static string Text(int number) => $"{number}";

    private void Step(TestBroker broker, TestClient publisher, int member)
    {
        switch (_random.Next(6))
        {
            case 0 or 1 or 2:
                publisher.Publish("a", Text(_published), _published % 2 == 1 ? 1 : 2);
                _published++;
                break;
            case 3 when _clients[member] is { } client:
                Take(member);
                if (_random.Next(2) == 0) client.Drop();
                else client.Disconnect();
                _clients[member] = null;
                break;
            case 3:
                _clients[member] = Resume(broker, member);
                break;
            case 4 when _clients[member] is not null:
                _clients[member] = Resume(broker, member); // takes over
                break;
            default:
                if (Take(member)) Answer(member, 1 + _random.Next(3));
                break;
        }
    }

    private TestClient Resume(TestBroker broker, int member)
    {
        _unanswered[member].Clear();
        return broker.Resume($"m{member}", version);
    }

    /// <summary>Takes what arrived; whether anything is to be answered.</summary>
    private bool Take(int member)
    {
        if (_clients[member] is not { } client) return false;
        foreach (ServerPacket packet in client.All()) _unanswered[member].Enqueue(packet);
        return _unanswered[member].Count > 0;
    }

    private void Answer(int member, int count)
    {
        for (; count > 0 && _unanswered[member].TryDequeue(out ServerPacket? packet); count--)
        {
            if (packet is ServerPacket.Publish { Qos: QualityOfService.AtLeastOnce } once) Receive(once.Text);
            if (packet is ServerPacket.Publish { Qos: QualityOfService.ExactlyOnce } message && _receiving[member].Add(message.PacketId)) Receive(message.Text);
            if (packet is ServerPacket.PubRel release) _receiving[member].Remove(release.PacketId);
            _clients[member]!.Answer(packet);
        }
    }

    private void Receive(string text) => _received[text] = _received.GetValueOrDefault(text) + 1;
}
