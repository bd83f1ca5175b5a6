using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>
/// A shared group as one subscriber: random publications while its members come and go, against <see cref="ChangeModel"/>. Each
/// change goes to one member, whichever; what waits while all are away is the newest value of each topic.
/// </summary>
public sealed class SharedChangeModelTests
{
    private const int Members = 3;

    private static readonly string[] _topics = ["free/a", "free/b", "band/a"];

    private static readonly ChangeModel.Part[] _wishes = [new(), new(Band: 1), new(Percent: 50), new(MinInterval: 400), new(MaxSilence: 1_000)];

    private static readonly Gen<(int Kind, int Member, int Topic, int Value)> _step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, Members - 1], Gen.Int[0, _topics.Length - 1], Gen.Int[0, 4]);

    [Fact]
    public void The_group_gets_exactly_the_changes_whoever_of_it_is_there()
    {
        Gen.Select(Gen.Int[0, _wishes.Length - 1], _step.Array[1, 50]).Sample((wish, steps) => Run(_wishes[wish], steps), iter: 2_000);
    }

    private static void Run(ChangeModel.Part wish, (int Kind, int Member, int Topic, int Value)[] steps)
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("band/#", Steps.Band(2))]);
        TestClient publisher = broker.Connect("publisher");
        var tally = new ChangeModel.Tally();
        var models = new Dictionary<string, ChangeModel> { ["free"] = new(tally, wish), ["band"] = new(tally, new ChangeModel.Part(Band: 2), wish) };
        var members = new TestClient?[Members];
        for (int i = 0; i < Members; i++)
        {
            members[i] = broker.Resume($"member {i}");
            members[i]!.SubscribeToChanges("$share/g/$changes/+/+", qos: 1, Options(wish));
        }

        foreach ((int kind, int member, int topic, int value) in steps)
        {
            switch (kind)
            {
                case 0:
                    members[member]?.Drop();
                    members[member] = null;
                    break;
                case 1:
                    members[member] ??= broker.Resume($"member {member}");
                    break;
                case 2:
                    Wait(broker, models, members, ticks: value + 1);
                    break;
                default:
                    publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, _topics[topic], $"{value}", QualityOfService.AtLeastOnce, 1));
                    publisher.All();
                    models[_topics[topic].Split('/')[0]].Publish(_topics[topic], $"{value}", 1, broker.Broker.Context.Clock.Now, isAbsent: false);
                    break;
            }

            Check(broker, models, members);
        }

        members[0] ??= broker.Resume("member 0");
        Wait(broker, models, members, ticks: 10);
        ChangeCounters counters = broker.Broker.Context.Metrics.Changes;
        Assert.Equal((tally.Sent, tally.Suppressed, tally.Conflated), (counters.Sent, counters.Suppressed, counters.Conflated));
    }

    private static void Wait(TestBroker broker, Dictionary<string, ChangeModel> models, TestClient?[] members, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            Check(broker, models, members);
            broker.Advance(TimeSpan.FromMilliseconds(100));
        }

        Check(broker, models, members);
    }

    private static void Check(TestBroker broker, Dictionary<string, ChangeModel> models, TestClient?[] members)
    {
        if (Array.TrueForAll(members, m => m is null)) return;
        string[] expected = [.. models.Values.SelectMany(m => m.Take(broker.Broker.Context.Clock.Now)).Select(m => $"{m.Topic}={m.Value}")];
        string[] got = [.. members.SelectMany(m => m?.Pairs() ?? [])];
        Assert.Equal(expected.Order(StringComparer.Ordinal), got.Order(StringComparer.Ordinal));
    }

    private static (string, string)[] Options(ChangeModel.Part wish)
    {
        if (wish.Band is { } band) return [("deadband", $"{band}")];
        if (wish.Percent is { } percent) return [("deadband", $"{percent}%")];
        if (wish.MinInterval > 0) return [("min-interval", $"{wish.MinInterval / 1_000.0}")];
        return wish.MaxSilence > 0 ? [("max-silence", $"{wish.MaxSilence / 1_000.0}")] : [];
    }
}
