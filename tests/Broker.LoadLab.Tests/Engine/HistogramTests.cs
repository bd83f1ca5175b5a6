using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class HistogramTests
{
    [Fact]
    public void Merged_histograms_are_what_one_would_have_held()
    {
        var all = new LatencyHistogram();
        var parts = new[] { new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram() };
        var random = new Random(5);
        for (int i = 0; i < 9_000; i++)
        {
            TimeSpan time = TimeSpan.FromMicroseconds(random.Next(1, 2_000_000));
            all.Record(time);
            parts[i % 3].Record(time);
        }

        var merged = new LatencyHistogram();
        foreach (LatencyHistogram part in parts) merged.Add(part);

        Assert.Equal(all.Summarize(), merged.Summarize());
        Assert.Equal(all.Distribution(), merged.Distribution());
    }

    [Fact]
    public void Merged_recorders_add_counts_bytes_and_status_codes()
    {
        var one = new StepRecorder("work");
        var other = new StepRecorder("work");
        TimeSpan start = TimeSpan.FromSeconds(1);
        one.Record(start, start, start + TimeSpan.FromMilliseconds(10), LoadResult.Ok(100, "200"));
        other.Record(start, start, start + TimeSpan.FromMilliseconds(30), LoadResult.Ok(50, "200"));
        other.Record(start, start, start + TimeSpan.FromMilliseconds(30), LoadResult.Fail("503", "busy"));

        one.Add(other);

        StepSummary summary = one.Summarize(TimeSpan.FromSeconds(1));
        Assert.Equal((2, 1, 150), (summary.Ok, summary.Failed, summary.Bytes));
        Assert.Equal((2, 1), (summary.StatusCodes["200"], summary.StatusCodes["503"]));
        Assert.Equal("busy", summary.FirstFailure);
        Assert.InRange(summary.Response.MaxMs, 29.9, 30.1);
        Assert.InRange(summary.Response.MinMs, 9.9, 10.1);
    }

    [Fact]
    public void Times_out_of_range_count_as_the_nearest_that_is_in_it()
    {
        var histogram = new LatencyHistogram();

        histogram.Record(TimeSpan.FromMilliseconds(-5));
        histogram.Record(TimeSpan.FromHours(9));

        Assert.Equal(2, histogram.Count);
        Assert.Equal(0, histogram.Summarize().MinMs);
        Assert.InRange(histogram.Summarize().MaxMs, 3_590_000, 3_610_000);
    }

    [Fact]
    public void Percentiles_are_within_the_three_digits()
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 10_000; i++) histogram.Record(TimeSpan.FromMicroseconds(i * 100));

        LatencySummary summary = histogram.Summarize();

        Assert.InRange(summary.P50Ms, 499, 501);
        Assert.InRange(summary.P99Ms, 989, 991);
        Assert.InRange(summary.P999Ms, 998, 1_000);
        Assert.InRange(summary.MeanMs, 499, 501.5);
    }

    [Fact]
    public void An_empty_histogram_has_nothing_to_say()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal(LatencySummary.Empty, histogram.Summarize());
        Assert.Empty(histogram.Distribution());
    }

    [Fact]
    public void What_is_encoded_is_read_as_it_was()
    {
        LatencyHistogram times = Times();

        var read = LatencyHistogram.Decode(times.Encode());

        Assert.Equal(times.Summarize(), read.Summarize());
        Assert.Equal(times.Distribution(), read.Distribution());
        Assert.Equal(0, LatencyHistogram.Decode(new LatencyHistogram().Encode()).Count);
        Assert.StartsWith("HISTFAAAA", times.Encode(), StringComparison.Ordinal); // what every HdrHistogram writes first
    }

    [Theory]
    [InlineData("")]
    [InlineData("no base64")]
    [InlineData("AAAA")]
    [InlineData("HISTFAAAABA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_histogram_is_refused(string text) => Assert.Throws<FormatException>(() => LatencyHistogram.Decode(text));

    [Fact]
    public void A_copy_does_not_get_what_comes_later()
    {
        LatencyHistogram times = Times();
        LatencyHistogram copy = times.Copy();

        times.Record(TimeSpan.FromSeconds(5));

        Assert.Equal((1_000, 1_001), (copy.Count, times.Count));
    }

    [Fact]
    public void Percentiles_are_written_in_milliseconds_as_HdrHistogram_has_them()
    {
        using var output = new StringWriter();
        Times().WritePercentiles(output);

        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["Value", "Percentile", "TotalCount", "1/(1-Percentile)"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(lines, line => line.StartsWith("50.0", StringComparison.Ordinal) && line.Contains(" 0.5", StringComparison.Ordinal)); // milliseconds, half of the times
        Assert.StartsWith("#[Mean", lines[^3], StringComparison.Ordinal);
    }

    /// <summary>A thousand times, evenly up to 100 ms.</summary>
    private static LatencyHistogram Times()
    {
        var times = new LatencyHistogram();
        for (int i = 1; i <= 1_000; i++) times.Record(TimeSpan.FromMicroseconds(i * 100));
        return times;
    }
}
