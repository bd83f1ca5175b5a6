namespace Broker.LoadTests.Engine;

/// <summary>What happened in each second. Safe from any thread.</summary>
internal sealed class Timeline
{
    private const int Longest = 100_000;

    /// <summary>Response times kept of one second; past it they are a random sample, so that an hour of load does not fill the memory.</summary>
    private const int SamplesPerSecond = 4_096;

    private readonly Lock _gate = new();
    private readonly List<Second> _seconds = [];

    public void Record(TimeSpan at, TimeSpan response, bool ok)
    {
        lock (_gate)
        {
            Second second = At(at);
            if (ok) second.Ok++;
            else second.Failed++;
            if (ok) second.Add((float)response.TotalMilliseconds);
        }
    }

    public void RecordLateness(TimeSpan at, TimeSpan lateness)
    {
        lock (_gate)
        {
            Second second = At(at);
            second.LatenessMs = Math.Max(second.LatenessMs, lateness.TotalMilliseconds);
        }
    }

    public IReadOnlyList<TimelinePoint> Points()
    {
        lock (_gate)
        {
            return [.. _seconds.Select((second, index) =>
            {
                second.Samples.Sort();
                return new TimelinePoint(index, second.Ok, second.Failed, second.Rank(0.5), second.Rank(0.99), second.MaxMs, second.LatenessMs);
            })];
        }
    }

    private Second At(TimeSpan at)
    {
        int index = Math.Clamp((int)at.TotalSeconds, 0, Longest);
        while (_seconds.Count <= index) _seconds.Add(new Second());
        return _seconds[index];
    }

    private sealed class Second
    {
        public long Ok;
        public long Failed;
        public double LatenessMs;
        public float MaxMs;

        public List<float> Samples { get; } = [];

        public void Add(float milliseconds)
        {
            MaxMs = Math.Max(MaxMs, milliseconds);
            if (Samples.Count < SamplesPerSecond) Samples.Add(milliseconds);
            else if (Random.Shared.NextInt64(Ok) is var place and < SamplesPerSecond) Samples[(int)place] = milliseconds;
        }

        public double Rank(double share) => Samples.Count == 0 ? 0 : Samples[Math.Min(Samples.Count - 1, (int)(share * Samples.Count))];
    }
}
