using HdrHistogram;
using HdrHistogram.Utilities;

namespace Broker.LoadTests.Engine;

/// <summary>Times from a microsecond to an hour at three digits, safe to record from any thread.</summary>
public sealed class LatencyHistogram
{
    private const long LongestMicroseconds = 3_600_000_000;
    private const int Digits = 3;
    private const int TicksPerHalfDistance = 5;
    private const double MicrosecondsPerMillisecond = 1000;

    private readonly Lock _gate = new();
    private readonly HistogramBase _values;

    public LatencyHistogram() : this(new LongHistogram(1, LongestMicroseconds, Digits))
    {
    }

    private LatencyHistogram(HistogramBase values) => _values = values;

    public long Count
    {
        get { lock (_gate) return _values.TotalCount; }
    }

    /// <summary>Counts a time; what is out of range counts as the nearest that is in it.</summary>
    public void Record(TimeSpan time)
    {
        long microseconds = Math.Clamp(time.Ticks / TimeSpan.TicksPerMicrosecond, 0, LongestMicroseconds);
        lock (_gate) _values.RecordValue(microseconds);
    }

    /// <summary>Adds what another one holds.</summary>
    public void Add(LatencyHistogram other)
    {
        HistogramBase copy;
        lock (other._gate) copy = other._values.Copy();
        lock (_gate) _values.Add(copy);
    }

    public void Reset()
    {
        lock (_gate) _values.Reset();
    }

    /// <summary>What it holds now; later times are not in it.</summary>
    public LatencyHistogram Copy()
    {
        lock (_gate) return new LatencyHistogram(_values.Copy());
    }

    /// <summary>All percentiles in milliseconds, as a .hgrm file has them.</summary>
    public void WritePercentiles(TextWriter output)
    {
        lock (_gate) _values.OutputPercentileDistribution(output, TicksPerHalfDistance, MicrosecondsPerMillisecond);
    }

    /// <summary>Everything that it holds, in microseconds, as one word that HdrHistogram in any language reads (compressed V2, base64).</summary>
    public string Encode()
    {
        lock (_gate)
        {
            var buffer = ByteBuffer.Allocate(_values.GetNeededByteBufferCapacity());
            byte[] bytes = new byte[_values.EncodeIntoCompressedByteBuffer(buffer)];
            buffer.Position = 0;
            for (int i = 0; i < bytes.Length; i++) bytes[i] = buffer.Get();
            return Convert.ToBase64String(bytes);
        }
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static LatencyHistogram Decode(string text)
    {
        try
        {
            return new LatencyHistogram(HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(Convert.FromBase64String(text)), 0));
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or IndexOutOfRangeException)
        {
            throw new FormatException($"This is no HdrHistogram: {e.Message}", e);
        }
    }

    /// <summary>The time that so many percent did not exceed, in milliseconds.</summary>
    public double PercentileMs(double percentile)
    {
        lock (_gate) return _values.TotalCount == 0 ? 0 : _values.GetValueAtPercentile(percentile) / 1000.0;
    }

    public LatencySummary Summarize()
    {
        lock (_gate)
        {
            if (_values.TotalCount == 0) return LatencySummary.Empty;
            return new LatencySummary
            {
                Count = _values.TotalCount,
                MeanMs = _values.GetMean() / 1000,
                StdDevMs = _values.GetStdDeviation() / 1000,
                MinMs = _values.GetValueAtPercentile(0) / 1000.0,
                P50Ms = At(50),
                P75Ms = At(75),
                P90Ms = At(90),
                P95Ms = At(95),
                P99Ms = At(99),
                P999Ms = At(99.9),
                P9999Ms = At(99.99),
                MaxMs = _values.GetMaxValue() / 1000.0,
            };
        }

        double At(double percentile) => _values.GetValueAtPercentile(percentile) / 1000.0;
    }

    /// <summary>Points of the cumulative distribution for a chart: milliseconds, and the share that did not exceed them.</summary>
    public IReadOnlyList<(double Ms, double Share)> Distribution()
    {
        var points = new List<(double, double)>();
        lock (_gate)
        {
            long sum = 0;
            foreach (var value in _values.RecordedValues())
            {
                sum += value.CountAddedInThisIterationStep;
                points.Add((Math.Max(1, value.ValueIteratedTo) / 1000.0, (double)sum / _values.TotalCount));
            }
        }

        return points;
    }
}
