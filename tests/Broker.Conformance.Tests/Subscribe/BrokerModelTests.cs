using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>
/// Random sequences of several clients against <see cref="BrokerModel"/>: exactly who gets what, with which QoS, identifiers and
/// RETAIN flag, live and retained, through ordinary, overlapping, shared and $ filters.
/// </summary>
public sealed class BrokerModelTests
{
    private const int Clients = 4;

    private static readonly Gen<string> _level = Gen.OneOf("a", "b", "", "$x");
    private static readonly Gen<string> _filterLevel = Gen.Frequency((4, _level), (3, Gen.Const("+")));
    private static readonly Gen<string> _topic =
        _level.Array[1, 3].Select(levels => string.Join('/', levels)).Where(topic => topic.Length > 0);

    private static readonly Gen<string> _plainFilter =
        Gen.Select(_filterLevel.Array[1, 3], Gen.Bool, (levels, multi) => multi ? string.Join('/', [.. levels[..^1], "#"]) : string.Join('/', levels))
            .Where(filter => filter.Length > 0);

    private static readonly Gen<string> _filter = Gen.Frequency(
        (3, _plainFilter),
        (1, Gen.Select(Gen.OneOf("g", "h"), _plainFilter, (group, filter) => $"$share/{group}/{filter}")));

    private static readonly Gen<Step> _step = Gen.Frequency(
        (5, Gen.Select(Gen.Int[0, Clients - 1], _filter, Gen.Int[0, 47], Gen.UInt[0, 3], (client, filter, options, id) => (Step)new Step.Subscribe(client, filter, options, id))),
        (2, Gen.Select(Gen.Int[0, Clients - 1], _filter, (client, filter) => (Step)new Step.Unsubscribe(client, filter))),
        (6, Gen.Select(Gen.Int[0, Clients - 1], _topic, Gen.Int[0, 2], Gen.Bool, Gen.Frequency((5, Gen.Const(false)), (1, Gen.Const(true))),
            (client, topic, qos, retain, isEmpty) => (Step)new Step.Publish(client, topic, (QualityOfService)qos, retain, isEmpty))),
        (1, Gen.Int[0, Clients - 1].Select(client => (Step)new Step.StartAfresh(client))));

    [Fact]
    [Clause("MQTT-3.3.4-4")]
    [Clause("MQTT-3.8.4-3")]
    [Clause("MQTT-3.8.4-8")]
    [Clause("MQTT-4.7.1-1")]
    [Clause("MQTT-4.7.2-1")]
    public void The_broker_gives_everybody_exactly_what_the_model_says() =>
        _step.Array[1, 60].Sample(steps => Run(steps), iter: 3_000);

    private static void Run(Step[] steps)
    {
        using var broker = new TestBroker(new() { OfflinePresence = 0 });
        var model = new BrokerModel(Clients);
        var clients = new TestClient[Clients];
        for (int i = 0; i < Clients; i++) clients[i] = Start(broker, i);
        int number = 0;
        foreach (Step step in steps)
        {
            switch (step)
            {
                case Step.Subscribe subscribe:
                    Subscribe(model, clients[subscribe.Client], subscribe);
                    break;
                case Step.Unsubscribe unsubscribe:
                    ReasonCode[] codes = clients[unsubscribe.Client].UnsubscribeFrom(unsubscribe.Filter);
                    bool existed = model.Unsubscribe(unsubscribe.Client, unsubscribe.Filter);
                    if (codes.Length > 0) Assert.Equal(existed ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted, codes[0]);
                    break;
                case Step.Publish publish:
                    Publish(model, clients, publish, publish.IsEmpty ? "" : $"{number++}");
                    break;
                case Step.StartAfresh again:
                    model.End(again.Client);
                    clients[again.Client] = Start(broker, again.Client);
                    break;
            }

            foreach (TestClient client in clients) client.ExpectNothing();
            Assert.Equal(model.SubscriptionCount, broker.Broker.Context.Subscriptions.Count);
            Assert.Equal(model.RetainedCount + Clients, broker.Broker.Context.Retained.Count); // and presence
            Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
        }
    }

    private static TestClient Start(TestBroker broker, int client) =>
        broker.Connect($"client {client}", client == Clients - 1 ? ProtocolVersion.V311 : ProtocolVersion.V5);

    private static void Subscribe(BrokerModel model, TestClient client, Step.Subscribe step)
    {
        int options = client.IsV5 ? step.Options : step.Options % 3;
        bool isShared = step.Filter.StartsWith("$share/", StringComparison.Ordinal);
        var filter = new SubscribeFilter(
            step.Filter,
            (QualityOfService)(options % 3),
            NoLocal: !isShared && options / 3 % 2 == 1,
            RetainAsPublished: options / 6 % 2 == 1,
            RetainHandling: (RetainHandling)(options / 12 % 3));
        uint identifier = client.IsV5 ? step.Identifier : 0;

        Assert.Equal([(ReasonCode)(byte)filter.Qos], client.SubscribeTo(identifier, filter));

        Assert.Equal(model.Subscribe(step.Client, filter, identifier).Order(StringComparer.Ordinal), client.Seen().Order(StringComparer.Ordinal));
    }

    private static void Publish(BrokerModel model, TestClient[] clients, Step.Publish step, string text)
    {
        TestClient publisher = clients[step.Client];
        (List<string>[] own, List<(int Client, string Line)[]> shared) = model.Publish(step.Client, step.Topic, text, step.Qos, step.Retain);
        bool anybody = shared.Count > 0 || own.Any(lines => lines.Count > 0);

        publisher.Send(ClientPackets.Publish(publisher.Version, step.Topic, text, step.Qos, 77, step.Retain));

        List<ServerPacket> arrived = publisher.All();
        if (step.Qos != QualityOfService.AtMostOnce)
        {
            ServerPacket.Ack ack = Assert.Single(arrived.OfType<ServerPacket.Ack>());
            arrived.Remove(ack);
            Assert.Equal(77, ack.PacketId);
            if (anybody) Assert.Equal(ReasonCode.Success, ack.ReasonCode); // without anybody the own subscription may still be No Local
            if (step.Qos == QualityOfService.ExactlyOnce) Release(publisher);
        }

        List<string>[] got = new List<string>[Clients];
        for (int i = 0; i < Clients; i++)
        {
            IEnumerable<ServerPacket.Publish> first = i == step.Client ? arrived.Cast<ServerPacket.Publish>() : [];
            foreach (ServerPacket.Publish message in first) publisher.Answer(message);
            got[i] = [.. first.Select(Exchanges.Line), .. clients[i].Seen()];
            foreach (string line in own[i]) Assert.True(got[i].Remove(line), $"Client {i} did not get {line}, only {string.Join("; ", got[i])}");
        }

        Assert.True(IsDealt(got, shared, 0), $"The shared messages went wrong: {string.Join(" | ", got.Select(g => string.Join("; ", g)))}");
    }

    private static void Release(TestClient publisher)
    {
        // Its own messages may come along: they are taken with everybody's.
        publisher.Send(ClientPackets.PubRel(publisher.Version, 77));
        Assert.Equal(77, publisher.Expect<ServerPacket.PubComp>().PacketId);
    }

    /// <summary>Whether what is left is one message for each group, to one of its members.</summary>
    private static bool IsDealt(List<string>[] left, List<(int Client, string Line)[]> groups, int next)
    {
        if (next == groups.Count) return left.All(lines => lines.Count == 0);
        foreach ((int client, string line) in groups[next])
        {
            if (!left[client].Remove(line)) continue;
            if (IsDealt(left, groups, next + 1)) return true;
            left[client].Add(line);
        }

        return false;
    }

    private abstract record Step
    {
        public sealed record Subscribe(int Client, string Filter, int Options, uint Identifier) : Step;

        public sealed record Unsubscribe(int Client, string Filter) : Step;

        public sealed record Publish(int Client, string Topic, QualityOfService Qos, bool Retain, bool IsEmpty) : Step;

        public sealed record StartAfresh(int Client) : Step;
    }
}
