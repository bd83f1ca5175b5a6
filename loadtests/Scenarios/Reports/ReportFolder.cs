using System.Globalization;
using System.Text.Json;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Reports;

/// <summary>Where the files of a report lie.</summary>
public static class ReportFolder
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, PropertyNameCaseInsensitive = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>A new folder named by the time: under loadtests/reports of the sources if they are above the working directory, else under the working directory.</summary>
    public static string Create(string? parent, DateTimeOffset now)
    {
        string path = Path.Combine(parent ?? Path.Combine(Sources() ?? Environment.CurrentDirectory, "loadtests", "reports"), now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
        string free = path;
        for (int i = 2; Directory.Exists(free); i++) free = $"{path}-{i}";
        return Directory.CreateDirectory(free).FullName;
    }

    /// <summary>Writes report.html, report.md, runs.csv, run.json, and in hgrm/ the times to awareness of each mode on each workload, all rounds together.</summary>
    public static void Write(string folder, LabReport report)
    {
        File.WriteAllText(Path.Combine(folder, "report.html"), HtmlReport.Of(report));
        File.WriteAllText(Path.Combine(folder, "report.md"), MarkdownReport.Of(report));
        File.WriteAllText(Path.Combine(folder, "runs.csv"), CsvReport.Of(report));
        File.WriteAllText(Path.Combine(folder, "run.json"), JsonSerializer.Serialize(report, _json));
        string times = Directory.CreateDirectory(Path.Combine(folder, "hgrm")).FullName;
        foreach (IGrouping<string, RunResult> runs in report.Runs.Where(run => run.AwarenessTimes.Length > 0).GroupBy(run => $"{run.Workload}-{run.Mode}"))
        {
            var all = new LatencyHistogram();
            foreach (RunResult run in runs) all.Add(LatencyHistogram.Decode(run.AwarenessTimes));
            HistogramFile.Write(times, runs.Key, all);
        }
    }

    /// <summary>Anything else that goes beside them.</summary>
    public static void WriteJson<T>(string path, T value) => File.WriteAllText(path, JsonSerializer.Serialize(value, _json));

    /// <summary>A report from a run.json.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static LabReport Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<LabReport>(File.ReadAllText(path), _json) ?? throw new FormatException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path} is no run.json of this program: {e.Message}");
        }
    }

    /// <summary>One report of several that were measured in pieces.</summary>
    public static LabReport Merge(IReadOnlyList<LabReport> pieces) => pieces[0] with
    {
        Command = string.Join(" && ", pieces.Select(piece => piece.Command).Distinct()),
        Commit = string.Join(", ", pieces.Select(piece => piece.Commit).Distinct()),
        Seconds = pieces.Sum(piece => piece.Seconds),
        Runs = [.. pieces.SelectMany(piece => piece.Runs)],
    };

    private static string? Sources()
    {
        for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Broker.sln"))) return folder.FullName;
        }

        return null;
    }
}
