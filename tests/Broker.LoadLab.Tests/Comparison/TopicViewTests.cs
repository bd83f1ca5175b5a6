using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Comparison;

public sealed class TopicViewTests
{
    private static readonly TimeSpan _from = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _to = TimeSpan.FromSeconds(11);

    private readonly ChangeSchedule _schedule = new(
        Workload.Even("test", topics: 1, rate: 1, consumers: 1, interval: 1) with { Arrivals = Arrivals.Periodic, WarmUp = _from, Measured = _to - _from }, seed: 1);

    private readonly Sightings _sightings = new(new LatencyHistogram());

    [Fact]
    public void Changes_that_arrive_at_once_are_seen_and_nothing_is_stale()
    {
        TopicView view = View();

        for (int version = 1; version <= _schedule.Versions(0); version++) view.Observe(version, _schedule.At(0, version));
        view.Finish(_to);

        Assert.Equal((10, 0, 0, 0, 0), Counts());
        Assert.Equal(0, _sightings.StaleSeconds, 1e-9);
        Assert.Equal(0.5, _sightings.AgeSquareSeconds / _sightings.WatchedSeconds, 0.01);
        Assert.True(view.IsConverged);
    }

    [Fact]
    public void Changes_that_are_skipped_are_superseded_and_known_when_the_newer_one_comes()
    {
        TopicView view = View();
        int last = _schedule.Versions(0);

        for (int version = 2; version <= last; version += 2) view.Observe(version, _schedule.At(0, version));
        if (last % 2 == 1) view.Observe(last, _schedule.At(0, last));
        view.Finish(_to);

        Assert.Equal(10, _sightings.Seen + _sightings.Superseded);
        Assert.InRange(_sightings.Superseded, 4, 6);
        Assert.Equal(10, _sightings.Awareness.Count);
        Assert.InRange(_sightings.Awareness.Summarize().MaxMs, 999, 1_001);
        Assert.InRange(_sightings.StaleSeconds, 4, 6);
    }

    [Fact]
    public void What_never_comes_is_missing_and_stale_until_the_end()
    {
        TopicView view = View();

        view.Finish(_to);

        Assert.Equal((0, 0, 10, 0, 0), Counts());
        Assert.InRange(_sightings.StaleSeconds, 9, 10);
    }

    [Fact]
    public void Repeated_and_reordered_versions_are_counted_and_change_nothing()
    {
        TopicView view = View();
        view.Observe(3, _schedule.At(0, 3));

        TimeSpan? again = view.Observe(3, _schedule.At(0, 3));
        TimeSpan? older = view.Observe(2, _schedule.At(0, 3));

        Assert.Null(again);
        Assert.Null(older);
        Assert.Equal(3, view.Version);
        Assert.Equal((1, 1), (_sightings.Repeated, _sightings.Reordered));
    }

    [Fact]
    public void The_time_to_awareness_counts_from_when_the_change_was_meant_to_be()
    {
        TopicView view = View();
        TimeSpan at = _schedule.At(0, 2);

        TimeSpan? awareness = view.Observe(2, at + TimeSpan.FromMilliseconds(70));

        Assert.Equal(TimeSpan.FromMilliseconds(70), awareness);
    }

    [Fact]
    public void Changes_outside_of_the_window_do_not_count()
    {
        var view = new TopicView(0, _schedule, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7), _sightings);
        view.Observe(0, TimeSpan.Zero);

        for (int version = 1; version <= _schedule.Versions(0); version++) view.Observe(version, _schedule.At(0, version));
        view.Finish(_to);

        Assert.Equal((2, 0, 0, 0, 0), Counts());
        Assert.Equal(2, _sightings.WatchedSeconds, 1e-6);
    }

    private TopicView View()
    {
        var view = new TopicView(0, _schedule, _from, _to, _sightings);
        view.Observe(0, TimeSpan.Zero);
        return view;
    }

    private (long Seen, long Superseded, long Missing, long Repeated, long Reordered) Counts() =>
        (_sightings.Seen, _sightings.Superseded, _sightings.Missing, _sightings.Repeated, _sightings.Reordered);
}
