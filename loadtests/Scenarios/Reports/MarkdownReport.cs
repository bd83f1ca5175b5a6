using System.Globalization;
using System.Text;

namespace Broker.LoadTests.Reports;

/// <summary>report.md: verdict and tables, for a pull request or a wiki.</summary>
public static class MarkdownReport
{
    public static string Of(LabReport report)
    {
        var text = new StringBuilder("# Push or poll\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{report.Broker}, profile {report.Profile}, {report.StartedAt:yyyy-MM-dd HH:mm} UTC, commit {(report.Commit.Length > 0 ? report.Commit : "unknown")}, {report.Machine.Processor} × {report.Machine.Processors}, {report.Machine.Runtime}; {(report.Pinning.Length > 0 ? report.Pinning : "not pinned")}; loopback.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"    {report.Command}\n\n## Verdict\n\n");
        foreach (string sentence in Verdict.Of(report)) text.Append("- ").Append(sentence).Append('\n');
        foreach (string workload in ModeTable.Workloads(report))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {ModeTable.Title(report, workload)}\n\n");
            text.Append("| ").AppendJoin(" | ", ModeTable.Headings).Append(" |\n|").Append(string.Concat(Enumerable.Repeat("---|", ModeTable.Headings.Count))).Append('\n');
            foreach (IReadOnlyList<string> row in ModeTable.Rows(report, workload)) text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        if (BreakEvenMap.Of(report) is { } map) Map(text, map);
        return text.ToString();
    }

    private static void Map(StringBuilder text, BreakEvenMap map)
    {
        text.Append("\n## Break-even: how many times the bytes of push polling moves (below 1 polling is cheaper)\n\n| changes/s \\ interval | ")
            .AppendJoin(" | ", map.Intervals.Select(interval => $"{Estimate.Number(interval)} s")).Append(" |\n|---|").Append(string.Concat(Enumerable.Repeat("---|", map.Intervals.Count))).Append('\n');
        foreach (double rate in map.Rates.Reverse())
        {
            text.Append("| ").Append(Estimate.Number(rate)).Append(" | ")
                .AppendJoin(" | ", map.Intervals.Select(interval => map.Points.FirstOrDefault(point => point.Cell == new Comparison.Cell(rate, interval)) is { } point ? Estimate.Number(point.BytesRatio) : "–"))
                .Append(" |\n");
        }
    }
}
