using System.Globalization;
using System.Text;

namespace Broker.LoadTests.Comparison;

/// <summary>
/// When every topic changes, made before anything runs and replayed in every mode. Version 0 is there from the start;
/// version v of a topic is its v-th change. The payload says the version, the schedule says when it was meant to be.
/// </summary>
public sealed class ChangeSchedule
{
    private const int VersionDigits = 10;
    private const double BurstSeconds = 1;
    private const double BurstShare = 0.2;

    private readonly TimeSpan[][] _times;

    public ChangeSchedule(Workload workload, int seed)
    {
        var random = new Random(seed);
        _times = [.. workload.TopicRates.Select(rate => Times(rate, workload.Arrivals, workload.Span.TotalSeconds, random))];
        All = [.. _times.SelectMany((times, topic) => times.Select((at, index) => new Change(at, topic, index + 1))).OrderBy(change => change.At).ThenBy(change => change.Topic)];
    }

    /// <summary>All changes in their order.</summary>
    public IReadOnlyList<Change> All { get; }

    /// <summary>When a version was meant to be, from the run's start; version 0 was always there.</summary>
    public TimeSpan At(int topic, int version) => version <= 0 ? TimeSpan.Zero : _times[topic][version - 1];

    /// <summary>How often a topic changes in all.</summary>
    public int Versions(int topic) => _times[topic].Length;

    /// <summary>Changes of a topic from one time to before another.</summary>
    public int Count(int topic, TimeSpan from, TimeSpan to) => _times[topic].Count(at => at >= from && at < to);

    /// <summary>The payload of a version: its number in decimal, filled up to the size.</summary>
    public static byte[] Payload(int version, int bytes)
    {
        string text = version.ToString($"D{VersionDigits}", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(text.PadRight(Math.Max(bytes, VersionDigits), '.'));
    }

    /// <exception cref="FormatException">It is no payload of this schedule.</exception>
    public static int Version(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < VersionDigits) throw new FormatException($"A payload has {payload.Length} bytes, which is none of this run's");
        return int.Parse(payload[..VersionDigits], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static TimeSpan[] Times(double rate, Arrivals arrivals, double seconds, Random random) => arrivals switch
    {
        Arrivals.Poisson => [.. Poisson(rate, 0, seconds, random)],
        Arrivals.Periodic => [.. Periodic(rate, seconds, random)],
        Arrivals.Bursty => [.. Bursts(seconds, random).SelectMany(burst => Poisson(rate / BurstShare, burst.From, burst.To, random))],
        _ => throw new InvalidOperationException($"Unknown arrivals {arrivals}"),
    };

    private static IEnumerable<TimeSpan> Poisson(double rate, double from, double to, Random random)
    {
        for (double at = from + Exponential(rate, random); at < to; at += Exponential(rate, random)) yield return TimeSpan.FromSeconds(at);
    }

    private static IEnumerable<TimeSpan> Periodic(double rate, double seconds, Random random)
    {
        for (double at = random.NextDouble() / rate; at < seconds; at += 1 / rate) yield return TimeSpan.FromSeconds(at);
    }

    private static IEnumerable<(double From, double To)> Bursts(double seconds, Random random)
    {
        double quiet = BurstSeconds * (1 - BurstShare) / BurstShare;
        for (double at = -random.NextDouble() * (BurstSeconds + quiet); at < seconds; at += BurstSeconds + Exponential(1 / quiet, random))
        {
            if (at + BurstSeconds > 0) yield return (Math.Max(0, at), Math.Min(seconds, at + BurstSeconds));
        }
    }

    private static double Exponential(double rate, Random random) => -Math.Log(1 - random.NextDouble()) / rate;
}
