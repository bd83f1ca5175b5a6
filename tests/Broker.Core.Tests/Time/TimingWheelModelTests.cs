using Broker.Core.Time;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Time;

/// <summary>The wheel against a list that is searched and sorted.</summary>
public sealed class TimingWheelModelTests
{
    private const int Timers = 40;

    private enum Step
    {
        Schedule,
        Cancel,
        Advance,
    }

    /// <summary>Distances of every size, from within a tick to centuries.</summary>
    private static readonly Gen<long> _distance = Gen.Select(Gen.Int[0, 43], Gen.Long[0, 1L << 43]).Select((bits, value) => value & ((1L << bits) - 1));

    [Fact]
    public void It_does_what_a_sorted_list_does()
    {
        Gen<(Step Step, int Timer, long _distance)> steps =
            Gen.Select(Gen.OneOf(Step.Schedule, Step.Schedule, Step.Schedule, Step.Cancel, Step.Advance, Step.Advance), Gen.Int[0, Timers - 1], _distance);

        Gen.Select(steps.Array[1, 200], _distance).Sample(
            (list, start) =>
            {
                var model = new Model(start);
                foreach ((Step step, int timer, long distance) in list)
                {
                    model.Do(step, timer, distance);
                }

                model.Do(Step.Advance, 0, 1L << 44);
                Assert.Equal(0, model.Count);
            },
            iter: 5_000);
    }

    private sealed class Model
    {
        private readonly TimingWheel _wheel = new();
        private readonly List<(int Id, long Now)> _fired = [];
        private readonly Timer[] _timers;
        private readonly Dictionary<int, (long Tick, bool WasPast, int Order)> _due = [];
        private long _now;
        private int _order;

        public Model(long start)
        {
            _timers = [.. Enumerable.Range(0, Timers).Select(id => new Timer(id, _fired))];
            _now = start;
            _wheel.Advance(start);
        }

        public int Count => _wheel.Count;

        public void Do(Step step, int timer, long distance)
        {
            switch (step)
            {
                case Step.Schedule:
                    long due = _now + distance - 500; // some are past
                    _wheel.Schedule(_timers[timer], due);
                    long tick = due <= 0 ? 0 : (due + 99) / 100;
                    _due[timer] = (tick, tick <= _now / 100, _order++);
                    break;
                case Step.Cancel:
                    Assert.Equal(_due.Remove(timer), _wheel.Cancel(_timers[timer]));
                    break;
                case Step.Advance:
                    Advance(distance);
                    break;
            }

            Assert.Equal(_due.Count, _wheel.Count);
            Assert.Equal(_due.ContainsKey(timer), _timers[timer].IsScheduled);
        }

        private void Advance(long distance)
        {
            _now += distance;
            _fired.Clear();
            _wheel.Advance(_now);

            // Those that were past come first, as they were scheduled; the others by tick, and within a tick in any order.
            int[] expected = [.. _due.Where(pair => pair.Value.Tick <= _now / 100).OrderBy(Rank).ThenBy(pair => pair.Value.WasPast ? pair.Value.Order : pair.Key).Select(pair => pair.Key)];
            int[] actual = [.. _fired.Select(fired => fired.Id)];
            Assert.Equal(expected.Select(id => Rank(id, _due[id])), actual.Select(id => Rank(id, _due.GetValueOrDefault(id, (-2, false, -1)))));
            Assert.Equal(expected.Order(), actual.Order());
            Assert.All(_fired, fired => Assert.Equal(_now, fired.Now));
            foreach (int id in expected)
            {
                _due.Remove(id);
            }
        }

        private static (long, int) Rank(KeyValuePair<int, (long Tick, bool WasPast, int Order)> pair) => Rank(pair.Key, pair.Value);

        private static (long, int) Rank(int id, (long Tick, bool WasPast, int Order) due) => due.WasPast ? (-1, due.Order) : (due.Tick, 0);
    }

    private sealed class Timer(int id, List<(int Id, long Now)> fired) : WheelTimer
    {
        protected internal override void Expired(long nowMs) => fired.Add((id, nowMs));
    }
}
