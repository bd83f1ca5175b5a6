using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Reports;

namespace Broker.LoadLab.Tests.Reports;

public sealed class ReportFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_report_is_read_as_it_was_written()
    {
        LabReport report = ReportSamples.Whole();

        ReportFolder.Write(_folder, report);
        LabReport read = ReportFolder.Read(Path.Combine(_folder, "run.json"));

        Assert.Equal(HtmlReport.Of(report), HtmlReport.Of(read));
        Assert.Equal(MarkdownReport.Of(report), File.ReadAllText(Path.Combine(_folder, "report.md")));
    }

    [Fact]
    public void Pieces_that_were_measured_apart_become_one_report()
    {
        LabReport whole = ReportSamples.Whole();
        LabReport[] pieces = [.. Enumerable.Range(0, 3).Select(round => whole with { Seconds = 10, Runs = [.. whole.Runs.Where(run => run.Round == round)] })];

        LabReport merged = ReportFolder.Merge(pieces);

        Assert.Equal(30, merged.Seconds);
        Assert.Equal(Verdict.Of(whole), Verdict.Of(merged));
    }

    [Fact]
    public void Times_to_awareness_lie_beside_the_report_all_rounds_of_a_mode_together()
    {
        var times = new LatencyHistogram();
        times.Record(TimeSpan.FromMilliseconds(3));
        RunResult run = ReportSamples.Run(Mode.PushQos0, "modes", 0, [new Cell(2, 0.5)], 50, 1) with { AwarenessTimes = times.Encode() };

        ReportFolder.Write(_folder, ReportFolder.Merge([ReportSamples.Of(run), ReportSamples.Of(run with { Round = 1 })]));

        string file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "hgrm")));
        Assert.Equal("modes-push-q0.hgrm", Path.GetFileName(file));
        Assert.Matches(@"Total count\s*=\s*2", File.ReadAllText(file));
    }

    [Fact]
    public void What_is_no_report_is_refused()
    {
        string path = Path.Combine(_folder, "x.json");
        File.WriteAllText(path, "{]");

        Assert.Throws<FormatException>(() => ReportFolder.Read(path));
    }

    [Fact]
    public void Two_reports_of_the_same_second_do_not_overwrite_each_other()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        Assert.NotEqual(ReportFolder.Create(_folder, now), ReportFolder.Create(_folder, now));
    }

    [Fact]
    public void The_csv_has_a_line_for_each_point_of_each_run_and_as_many_cells_as_its_heading()
    {
        LabReport report = ReportSamples.Whole(rounds: 1);

        string[] lines = CsvReport.Of(report).TrimEnd('\n').Split('\n');

        Assert.Equal(1 + report.Runs.Sum(run => run.Cells.Count), lines.Length);
        Assert.All(lines, line => Assert.Equal(lines[0].Split(',').Length, line.Split(',').Length));
    }

    [Fact]
    public void Medians_have_an_interval_from_three_rounds_on()
    {
        Assert.Null(Statistics.Of([1, 2]).Low);
        Estimate estimate = Statistics.Of([10, 11, 12, 13, 14]);
        Assert.Equal(12, estimate.Value);
        Assert.InRange(estimate.Low!.Value, 10, 12);
        Assert.InRange(estimate.High!.Value, 12, 14);
        Assert.False(Statistics.Of([]).IsKnown);
    }

    [Theory]
    [InlineData(1234.5, "1,234")]
    [InlineData(99.94, "99.9")]
    [InlineData(1.234, "1.23")]
    [InlineData(0.01234, "0.012")]
    [InlineData(0, "0")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(double.NaN, "–")]
    public void Numbers_have_the_digits_that_matter(double value, string text) => Assert.Equal(text, Estimate.Number(value));

    [Fact]
    public void Axes_put_round_numbers_in_their_range()
    {
        Assert.All(Axis.Over("x", [3, 870], log: true).Ticks(), tick => Assert.Contains(tick, new[] { 10.0, 100, 1_000 }));
        Assert.All(new Axis("y", 0, 1).Ticks(), tick => Assert.InRange(tick, 0, 1));
        Assert.True(new Axis("y", 0, 37).Ticks().Count is > 3 and < 9);
    }

    [Fact]
    public void The_ratio_is_of_rounds_that_had_the_same_changes()
    {
        RunResult push = ReportSamples.Run(Mode.PushQos0, "modes", 0, [new Cell(2, 0.5)], 50, 1);
        RunResult poll = ReportSamples.Run(Mode.PollHttp, "modes", 1, [new Cell(2, 0.5)], 50, 1);

        Assert.False(ReportSamples.Of(push, poll).Ratio("modes", Mode.PollHttp, Mode.PushQos0, run => run.All.Wire.Bytes).IsKnown);
        Assert.True(ReportSamples.Of(push, poll with { Round = 0 }).Ratio("modes", Mode.PollHttp, Mode.PushQos0, run => run.All.Wire.Bytes).IsKnown);
    }
}
