using Broker.Conformance.Tests.Subscribe;
using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>
/// Random publications over random topics with random subscribers (exact, with bands, pointers, silence and intervals, by rules,
/// stalled, reconnecting) against <see cref="ChangeModel"/>: exactly who gets what and when; and in the end everybody has the
/// last value of every topic.
/// </summary>
public sealed class ChangeModelTests
{
    private const int Subscribers = 4;

    private static readonly string[] _topics = ["free/a", "free/b", "free/c", "exact/a", "exact/b", "band/a", "band/b", "timed/a", "both/a"];

    private static readonly Dictionary<string, ChangeModel.Part[]> _rules = new()
    {
        ["free"] = [],
        ["exact"] = [new()],
        ["band"] = [new(Band: 1)],
        ["timed"] = [new(MinInterval: 500, MaxSilence: 2_000)],
        ["both"] = [new(Band: 1), new(MinInterval: 300)],
    };

    // What subscribers ask for; null: nothing, by an ordinary subscription.
    private static readonly ChangeModel.Part?[] _wishes =
    [
        null, new(), new(Band: 1), new(Percent: 50), new(Pointer: "v"), new(Band: 1, Pointer: "v"), new(MinInterval: 400), new(MaxSilence: 1_000),
        new(Band: 1, MinInterval: 300, MaxSilence: 1_500),
    ];

    private static readonly Gen<string> _value = Gen.Frequency(
        (6, Gen.Int[0, 4].Select(n => $"{n}")),
        (1, Gen.Const("x")),
        (1, Gen.Const("")),
        (3, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], (v, t) => $"{{\"v\":{v},\"t\":{t}}}")));

    private static readonly Gen<Step> _step = Gen.Frequency(
        (12, Gen.Select(Gen.OneOf([.. _topics.Select(Gen.Const)]), _value, Gen.Int[0, 2], Gen.Bool, (t, v, q, r) => (Step)new Step.Publish(t, v, q, r))),
        (2, Gen.Select(Gen.Int[0, Subscribers - 1], Gen.OneOf(Gen.Const("#"), Gen.OneOf([.. _topics.Select(Gen.Const)])), Gen.OneOf([.. _wishes.Select(Gen.Const)]), Gen.Int[0, 2], Gen.Int[0, 2],
            (c, f, w, q, h) => (Step)new Step.Subscribe(c, f, w, q, h))),
        (2, Gen.Int[0, Subscribers - 1].Select(c => (Step)new Step.Stall(c))),
        (2, Gen.Int[0, Subscribers - 1].Select(c => (Step)new Step.Reconnect(c))),
        (1, Gen.Int[0, Subscribers - 1].Select(c => (Step)new Step.Leave(c))),
        (3, Gen.Int[1, 12].Select(t => (Step)new Step.Wait(t))));

    [Fact]
    public void Everybody_gets_exactly_the_changes_and_ends_up_with_the_last_values() =>
        _step.Array[1, 60].Sample(RunShortened, iter: 3_000);

    /// <summary>Runs the steps; if they fail, leaves out one after the other that does not matter, so that what is printed is short.</summary>
    private static void RunShortened(Step[] steps)
    {
        if (Fails(steps) is null) return;
        List<Step> left = [.. steps];
        for (int i = left.Count - 1; i >= 0; i--)
        {
            Step step = left[i];
            left.RemoveAt(i);
            if (Fails([.. left]) is null) left.Insert(i, step);
        }

        Assert.Fail(string.Join("\n", left) + "\n" + Fails([.. left])!.Message); // it failed before
    }

    private static Exception? Fails(Step[] steps) => Record.Exception(() => Run(steps));

    private static ChangeRule[] Rules() =>
        [.. _rules.SelectMany(r => r.Value.Select((part, i) => Steps.Rule(r.Key + "/#", Options(part), $"{r.Key} {i}")))];

    private static ChangeOptions Options(ChangeModel.Part part) => new()
    {
        Deadband = part.Band is { } band ? new Deadband(band, IsRelative: false) : part.Percent is { } percent ? new Deadband(percent / 100, IsRelative: true) : null,
        Pointers = part.Pointer is { } pointer ? Steps.At("/" + pointer).Pointers : [],
        MinInterval = TimeSpan.FromMilliseconds(part.MinInterval),
        MaxSilence = TimeSpan.FromMilliseconds(part.MaxSilence),
    };

    private static void Run(Step[] steps)
    {
        using var broker = new TestBroker(new() { OfflinePresence = 0 }, changeRules: Rules());
        TestClient publisher = broker.Connect("publisher");
        var subscribers = new Subscriber[Subscribers];
        var tally = new ChangeModel.Tally();
        for (int i = 0; i < Subscribers; i++) subscribers[i] = new Subscriber(broker, tally, i);
        var last = new Dictionary<string, string>();
        var retained = new HashSet<string>();
        foreach (Step step in steps)
        {
            switch (step)
            {
                case Step.Publish publish:
                    publisher.Publish(publish.Topic, publish.Value, publish.Qos, publish.Retain);
                    foreach (Subscriber subscriber in subscribers) subscriber.Published(publish);
                    if (publish.Retain) _ = publish.Value.Length == 0 ? retained.Remove(publish.Topic) : retained.Add(publish.Topic);
                    last[publish.Topic] = publish.Value;
                    if (!publish.Retain || publish.Value.Length > 0) break;
                    last.Remove(publish.Topic);
                    foreach (Subscriber subscriber in subscribers) subscriber.Forgot(publish.Topic);
                    break;
                case Step.Subscribe subscribe:
                    subscribers[subscribe.Client].Subscribe(subscribe, last);
                    break;
                case Step.Stall stall:
                    subscribers[stall.Client].ToggleStall();
                    break;
                case Step.Reconnect reconnect:
                    subscribers[reconnect.Client].Reconnect(last);
                    break;
                case Step.Leave leave:
                    subscribers[leave.Client].Leave();
                    break;
                case Step.Wait wait:
                    Wait(broker, subscribers, wait.Ticks);
                    break;
            }

            foreach (Subscriber subscriber in subscribers) subscriber.Check();
        }

        foreach (Subscriber subscriber in subscribers) subscriber.Converge(last);
        Wait(broker, subscribers, 10);
        foreach (Subscriber subscriber in subscribers) subscriber.CheckConverged(last);
        ChangeCounters counters = broker.Broker.Context.Metrics.Changes;
        Assert.Equal((tally.Sent, tally.Suppressed, tally.Conflated), (counters.Sent, counters.Suppressed, counters.Conflated));
        foreach (Subscriber subscriber in subscribers) subscriber.End();
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static void Wait(TestBroker broker, Subscriber[] subscribers, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            broker.Advance(TimeSpan.FromMilliseconds(100));
            foreach (Subscriber subscriber in subscribers) subscriber.Check();
        }
    }

    /// <summary>A client with at most one subscription, beside the model of it.</summary>
    private sealed class Subscriber(TestBroker broker, ChangeModel.Tally tally, int number)
    {
        private readonly bool _isV5 = number % 2 == 0;
        private TestClient? _client;
        private ChangeModel.Part? _wish;
        private string? _filter;
        private int _qos;
        private readonly Dictionary<string, ChangeModel> _models = [];
        private readonly Dictionary<string, int> _sentQos = [];
        private readonly List<(string Topic, string Value)> _firsts = [];

        private long Now => broker.Broker.Context.Clock.Now;

        private ProtocolVersion Version => _isV5 ? ProtocolVersion.V5 : ProtocolVersion.V311;

        private bool Takes => _client is { IsStalled: false };

        public void Published(Step.Publish publish)
        {
            if (!Matches(publish.Topic)) return;
            if (ModelOf(publish.Topic) is not { } model) return; // every publication; not checked here
            int qos = Math.Min(publish.Qos, _qos);
            model.Publish(publish.Topic, publish.Value, qos, Now, isAbsent: _client is null);
            if (_client is null) model.Lose(Now); // it gets the topic's value when it is back
        }

        public void Forgot(string topic)
        {
            if (Matches(topic)) ModelOf(topic)?.Forget(topic);
        }

        public void Subscribe(Step.Subscribe step, Dictionary<string, string> last)
        {
            if (_client is null) Reconnect(last);
            if (!Takes) return;
            if (_filter is not null) Unsubscribe();
            _wish = _isV5 || step.Wish is null ? step.Wish : new ChangeModel.Part();
            _filter = step.Filter;
            _qos = step.Qos;
            var handling = (RetainHandling)(_isV5 ? step.Handling : 0);
            var filter = new SubscribeFilter(_wish is null ? _filter : "$changes/" + _filter, (QualityOfService)_qos, RetainHandling: handling);
            ServerPacket.SubAck answer = _client!.TrySubscribeToChanges(filter, Properties());
            Assert.Equal((ReasonCode)(byte)_qos, answer.ReasonCodes[0]);
            if (handling == RetainHandling.DoNotSend) return;
            foreach ((string topic, string value) in last)
            {
                if (!Matches(topic) || value.Length == 0 || ModelOf(topic) is not { } model) continue;
                model.First(topic, value, Now);
                _firsts.Add((topic, value));
            }
        }

        public void ToggleStall()
        {
            if (_client is null) return;
            if (_client.IsStalled) _client.Unstall();
            else _client.Stall();
        }

        public void Leave()
        {
            if (_client is null) return;
            _client.Drop();
            _client = null;
            foreach (ChangeModel model in _models.Values) model.Lose(Now);
        }

        public void Reconnect(Dictionary<string, string> last)
        {
            Leave();
            Connect();
            TakeLost(last);
        }

        /// <summary>What arrived is what the model sends, no more and no less.</summary>
        public void Check()
        {
            if (_client is null)
            {
                foreach (ChangeModel model in _models.Values) model.Lose(Now);
            }

            if (!Takes) return;
            List<string> expected = [.. _firsts.Select(f => $"{f.Topic}={f.Value} first")];
            _firsts.Clear();
            foreach (ChangeModel model in _models.Values) expected.AddRange(model.Take(Now).Select(m => $"{m.Topic}={m.Value}"));
            List<string> got = [.. Received().Select(m => $"{m.Topic}={m.Text}{(m.Retain ? " first" : "")}")];
            Assert.True(
                expected.Order(StringComparer.Ordinal).SequenceEqual(got.Order(StringComparer.Ordinal)),
                $"Client {number} was to get {string.Join("; ", expected)}, but got {string.Join("; ", got)}");
        }

        public void Converge(Dictionary<string, string> last)
        {
            if (_client is null) Reconnect(last);
            else if (_client.IsStalled) _client.Unstall();
            Check();
        }

        public void CheckConverged(Dictionary<string, string> last)
        {
            foreach ((string topic, string value) in last)
            {
                if (!Matches(topic) || value.Length == 0 || ModelOf(topic) is not { } model || !_sentQos.ContainsKey(topic)) continue;
                Assert.True(model.Knows(topic, value), $"{topic} is {value}, but {_filter} ({_wish}) was sent {model.LastSent(topic)}");
            }
        }

        public void End()
        {
            if (_client is null) return;
            if (_filter is not null) _client.UnsubscribeFrom(_wish is null ? _filter : "$changes/" + _filter);
        }

        private (string, string)[] Properties()
        {
            if (_wish is null || !_isV5) return [];
            List<(string, string)> options = [];
            if (_wish.Band is { } band) options.Add(("deadband", $"{band}"));
            if (_wish.Percent is { } percent) options.Add(("deadband", $"{percent}%"));
            if (_wish.Pointer is { } pointer) options.Add(("pointer", "/" + pointer));
            if (_wish.MinInterval > 0) options.Add(("min-interval", $"{_wish.MinInterval / 1_000.0}"));
            if (_wish.MaxSilence > 0) options.Add(("max-silence", $"{_wish.MaxSilence / 1_000.0}"));
            return [.. options];
        }

        private void Connect()
        {
            _client = broker.Resume($"subscriber {number}", Version);
            if (!_isV5 || _client.ConnAck.SessionPresent) return;
        }

        /// <summary>After a reconnect, values that may have been lost come again: each is its topic's of this moment, and comes once.</summary>
        private void TakeLost(Dictionary<string, string> last)
        {
            List<ServerPacket.Publish> got = Received();
            foreach (ServerPacket.Publish first in got.Where(m => m.Retain && ModelOf(m.Topic) is not null))
            {
                Assert.Equal(last[first.Topic], first.Text);
                ModelOf(first.Topic)!.First(first.Topic, first.Text, Now);
            }

            List<string> expected = [];
            foreach (ChangeModel model in _models.Values) expected.AddRange(model.Take(Now).Select(m => $"{m.Topic}={m.Value}"));
            string[] others = [.. got.Where(m => !m.Retain && ModelOf(m.Topic) is not null).Select(m => $"{m.Topic}={m.Text}")];
            Assert.Equal(expected.Order(StringComparer.Ordinal), others.Order(StringComparer.Ordinal));
            foreach ((string topic, string value) in last)
            {
                bool isWatched = Matches(topic) && value.Length > 0 && ModelOf(topic) is not null && _sentQos.ContainsKey(topic);
                if (!isWatched || got.Exists(m => m.Topic == topic)) continue;
                Assert.True(_sentQos[topic] > 0, $"Client {number}: {topic}={value} may have been lost, and did not come again");
                bool isKnown = ModelOf(topic)!.Knows(topic, value) || ModelOf(topic)!.Waits(topic);
                Assert.True(isKnown, $"{topic}={value} was lost: {ModelOf(topic)!.LastSent(topic)}");
            }
        }

        private List<ServerPacket.Publish> Received()
        {
            List<ServerPacket.Publish> messages = _client!.Messages();
            messages.RemoveAll(m => ModelOf(m.Topic) is null);
            foreach (ServerPacket.Publish message in messages) _sentQos[message.Topic] = (int)message.Qos;
            return messages;
        }

        private void Unsubscribe()
        {
            _client!.UnsubscribeFrom(_wish is null ? _filter! : "$changes/" + _filter);
            _filter = null;
            _models.Clear();
            _sentQos.Clear();
        }

        private bool Matches(string topic) => _filter is not null && BrokerModel.Matches(_filter, topic);

        /// <summary>The model of the topic's rules together with the wish; null if neither asks for changes.</summary>
        private ChangeModel? ModelOf(string topic)
        {
            string root = topic.Split('/')[0];
            if (!_rules.TryGetValue(root, out ChangeModel.Part[]? rules)) return null;
            ChangeModel.Part[] parts = [.. rules, .. _wish is null ? [] : (ChangeModel.Part[])[_wish]];
            if (parts.Length == 0) return null;
            if (!_models.TryGetValue(root, out ChangeModel? model)) _models[root] = model = new ChangeModel(tally, parts);
            return model;
        }
    }

    private abstract record Step
    {
        public sealed record Publish(string Topic, string Value, int Qos, bool Retain) : Step;

        public sealed record Subscribe(int Client, string Filter, ChangeModel.Part? Wish, int Qos, int Handling) : Step;

        public sealed record Stall(int Client) : Step;

        public sealed record Reconnect(int Client) : Step;

        public sealed record Leave(int Client) : Step;

        public sealed record Wait(int Ticks) : Step;
    }
}
