using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>
/// Random publications to random subscribers that read, do not read, and come back. What the contract says of each is checked
/// against what they received: every message is a change to what came before it, one that always reads misses none, and in the
/// end everybody has the last value of every topic.
/// </summary>
public sealed class ChangePropertyTests
{
    private const int Topics = 3;
    private const int Exact = 0;
    private const int Banded = 1;
    private const int Kept = 2;
    private const int Alert = 3; // exact, and always reads
    private const double Band = 1.5;

    private static readonly Gen<Step> _step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, Topics - 1], Gen.Int[0, 5], (kind, who, topic, value) => new Step(kind, who, topic, value));

    [Fact]
    public void Everybody_gets_changes_only_and_ends_with_the_last_values()
    {
        _step.List[1, 40].Sample(Run, iter: 2_000);
    }

    private static void Run(List<Step> steps)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        Seen[] all = [.. Enumerable.Range(0, 4).Select(kind => new Seen(broker, kind))];
        var published = new List<int>[Topics];
        for (int t = 0; t < Topics; t++) published[t] = [];

        foreach (Step step in steps)
        {
            switch (step.Kind)
            {
                case 0:
                    all[step.Who].Client.Stall();
                    break;
                case 1:
                    all[step.Who].Client.Unstall();
                    break;
                case 2:
                    all[Kept].ComeBack();
                    break;
                default:
                    published[step.Topic].Add(step.Value);
                    publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, $"t/{step.Topic}", $"{step.Value}", QualityOfService.AtLeastOnce, 1));
                    break;
            }

            foreach (Seen seen in all) seen.Read();
        }

        foreach (Seen seen in all)
        {
            seen.Client.Unstall();
            seen.Read();
        }

        for (int t = 0; t < Topics; t++)
        {
            if (published[t] is not [.., int last]) continue;
            foreach (int kind in (int[])[Exact, Kept, Alert]) Assert.Equal(last, all[kind].Values[t][^1]);
            Assert.InRange(all[Banded].Values[t][^1], last - Band, last + Band);
            Assert.Equal(Changes(published[t]), all[Alert].Values[t]);
        }

        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static List<int> Changes(List<int> values) => [.. values.Where((value, i) => i == 0 || values[i - 1] != value)];

    private sealed record Step(int Kind, int Who, int Topic, int Value);

    /// <summary>A subscriber and what it saw of each topic.</summary>
    private sealed class Seen
    {
        private readonly TestBroker _broker;
        private readonly int _kind;

        public Seen(TestBroker broker, int kind)
        {
            _broker = broker;
            _kind = kind;
            QualityOfService qos = kind is Kept ? QualityOfService.AtLeastOnce : QualityOfService.AtMostOnce;
            Client = kind is Kept ? broker.Resume("kept") : broker.Connect($"subscriber-{kind}");
            Properties options = kind is Banded ? new Properties().User("deadband", Band.ToString(CultureInfo.InvariantCulture)) : [];
            Client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, options, new SubscribeFilter("$changes/t/#", qos)));
            Client.Expect<ServerPacket.SubAck>();
        }

        public TestClient Client { get; private set; }

        public List<int>[] Values { get; } = [.. Enumerable.Range(0, Topics).Select(_ => new List<int>())];

        public void ComeBack()
        {
            Client.Drop();
            Client = _broker.Resume("kept");
        }

        public void Read()
        {
            while (Client.Next() is { } packet)
            {
                if (packet is not ServerPacket.Publish message) continue;
                if (message.Qos == QualityOfService.AtLeastOnce) Client.Send(ClientPackets.PubAck(ProtocolVersion.V5, message.PacketId));
                List<int> values = Values[message.Topic[^1] - '0'];
                int value = int.Parse(message.Text, CultureInfo.InvariantCulture);
                if (values is [.., int before] && !message.Dup) Assert.True(_kind is Banded ? Math.Abs(value - before) > Band : value != before, $"{value} after {before} is no change");
                values.Add(value);
            }
        }
    }
}
