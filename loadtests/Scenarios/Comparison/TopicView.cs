namespace Broker.LoadTests.Comparison;

/// <summary>What one consumer knows of one topic, and what that is worth. Owner: the consumer; never two threads at once.</summary>
/// <remarks>Times are from the run's start. A change counts where it was meant to be within the measured window.</remarks>
public sealed class TopicView(int topic, ChangeSchedule schedule, TimeSpan from, TimeSpan to, Sightings sightings)
{
    private TimeSpan _last;

    public int Topic => topic;

    /// <summary>The newest version that it holds; -1 before the first.</summary>
    public int Version { get; private set; } = -1;

    /// <summary>Whether it holds the last version that there will be.</summary>
    public bool IsConverged => Version >= schedule.Versions(topic);

    /// <summary>A version arrived.</summary>
    /// <returns>How long ago it was meant to be, if it is news and counts; else null.</returns>
    public TimeSpan? Observe(int version, TimeSpan now)
    {
        if (version <= Version)
        {
            if (version == Version) sightings.Repeated++;
            else sightings.Reordered++;
            return null;
        }

        Account(now);
        int before = Version;
        Version = version;
        TimeSpan? awareness = null;
        for (int v = Math.Max(1, before + 1); v <= version; v++)
        {
            TimeSpan at = schedule.At(topic, v);
            if (at < from || at >= to) continue;
            sightings.Awareness.Record(now - at);
            if (v == version) sightings.Seen++;
            else sightings.Superseded++;
            awareness = v == version ? now - at : awareness;
        }

        return awareness;
    }

    /// <summary>A poll was answered with this version, twice in a row within the window or not.</summary>
    public void ObservePoll(int version, TimeSpan askedAt, ref (TimeSpan At, int Version)? last, double rate)
    {
        if (last is { } previous && previous.At >= from && askedAt < to) sightings.Polls.Add(rate * (askedAt - previous.At).TotalSeconds, version - previous.Version);
        last = (askedAt, version);
    }

    /// <summary>The run is over: what was not seen by now never was.</summary>
    public void Finish(TimeSpan now)
    {
        Account(now);
        for (int v = Math.Max(1, Version + 1); v <= schedule.Versions(topic); v++)
        {
            TimeSpan at = schedule.At(topic, v);
            if (at >= from && at < to) sightings.Missing++;
        }
    }

    /// <summary>Adds up how stale and how old the held version was since the last look.</summary>
    private void Account(TimeSpan now)
    {
        TimeSpan start = Max(_last, from);
        TimeSpan end = now < to ? now : to;
        _last = now;
        if (Version < 0 || start >= end) return;
        if (Version < schedule.Versions(topic))
        {
            TimeSpan stale = Max(start, schedule.At(topic, Version + 1));
            if (stale < end) sightings.StaleSeconds += (end - stale).TotalSeconds;
        }

        double held = schedule.At(topic, Version).TotalSeconds;
        double young = start.TotalSeconds - held;
        double old = end.TotalSeconds - held;
        sightings.AgeSquareSeconds += (old * old - young * young) / 2;
        sightings.WatchedSeconds += (end - start).TotalSeconds;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
