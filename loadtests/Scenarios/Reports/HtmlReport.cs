using System.Globalization;
using System.Net;
using System.Text;

namespace Broker.LoadTests.Reports;

/// <summary>report.html: one file without scripts, fonts or anything to fetch; readable from a telephone to a wall.</summary>
public static class HtmlReport
{
    public static string Of(LabReport report)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Push or poll</title>\n<style>")
            .Append(HtmlStyle.Text).Append("</style></head><body><main>\n<h1>Push or poll?</h1>\n");
        html.Append(CultureInfo.InvariantCulture, $"<p class=\"meta\">{Escape(report.Broker)}, profile {Escape(report.Profile)}, {report.StartedAt:yyyy-MM-dd HH:mm} UTC, {report.Runs.Count} runs in {report.Seconds:0} s</p>\n");
        html.Append("<section><h2>Verdict</h2>\n<ul class=\"verdict\">");
        foreach (string sentence in Verdict.Of(report)) html.Append(CultureInfo.InvariantCulture, $"<li>{Escape(sentence)}</li>\n");
        html.Append("</ul></section>\n<section class=\"charts\">\n");
        foreach (Chart chart in Charts.Of(report))
            html.Append(CultureInfo.InvariantCulture, $"<figure id=\"{chart.Id}\"><h2>{Escape(chart.Question)}</h2>\n{chart.Html}<figcaption>{Escape(chart.Note)}</figcaption></figure>\n");
        html.Append("</section>\n");
        foreach (string workload in ModeTable.Workloads(report)) Table(html, report, workload);
        Doubts(html, report);
        Setting(html, report);
        return html.Append("</main></body></html>\n").ToString();
    }

    private static void Table(StringBuilder html, LabReport report, string workload)
    {
        html.Append(CultureInfo.InvariantCulture, $"<section><h2>{Escape(ModeTable.Title(report, workload))}</h2>\n<table><thead><tr>");
        foreach (string heading in ModeTable.Headings) html.Append(CultureInfo.InvariantCulture, $"<th>{Escape(heading)}</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (IReadOnlyList<string> row in ModeTable.Rows(report, workload))
        {
            html.Append("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                int bracket = row[i].IndexOf(" [", StringComparison.Ordinal);
                string cell = bracket < 0 ? Escape(row[i]) : $"{Escape(row[i][..bracket])}<small>{Escape(row[i][(bracket + 1)..].Trim('[', ']')).Replace("–", "–<wbr>", StringComparison.Ordinal)}</small>";
                html.Append(CultureInfo.InvariantCulture, $"<td data-label=\"{Escape(ModeTable.Headings[i])}\"><span>{cell}</span></td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table>\n<p class=\"note\">Medians over the rounds, with their 95 % interval where there are three or more. Bytes, packets, connections and CPU are for one consumer. CPU is all that the broker used, taking the changes in and idling included; what it idles at, with everybody connected, is in percent of a processor.</p></section>\n");
    }

    private static void Doubts(StringBuilder html, LabReport report)
    {
        string[] doubts = [.. report.Runs.Where(run => !run.IsValid).SelectMany(run => run.Contradictions.DefaultIfEmpty("the generator was late").Select(doubt => $"{run.Mode} on {run.Workload}, round {run.Round}: {doubt}"))];
        if (doubts.Length == 0) return;
        html.Append("<section class=\"doubts\"><h2>Not to be believed</h2><ul>");
        foreach (string doubt in doubts) html.Append(CultureInfo.InvariantCulture, $"<li>{Escape(doubt)}</li>");
        html.Append("</ul></section>\n");
    }

    private static void Setting(StringBuilder html, LabReport report)
    {
        MachineInfo machine = report.Machine;
        html.Append("<section><h2>How it was measured</h2><dl>");
        Item("Command", report.Command);
        Item("Commit", report.Commit.Length > 0 ? report.Commit : "unknown");
        Item("Machine", string.Create(CultureInfo.InvariantCulture, $"{machine.Processor}, {machine.Processors} processors, {machine.MemoryBytes / 1073741824.0:0.0} GB, {machine.System}, {machine.Runtime}; load before {machine.Load}"));
        Item("Processors", report.Pinning.Length > 0 ? report.Pinning : "shared by broker and generator");
        Item("Network", "loopback: no delay, no loss");
        Item("Load", $"{report.Host}. {report.HostMethod}");
        Item("Seed", report.Seed.ToString(CultureInfo.InvariantCulture));
        Item("Changes", "made before each run, the same for every mode of a round; time to awareness counts from when a change was meant to happen");
        Item("Bytes", "as the kernel counts them on the consumers' connections (TCP_INFO), both ways; IP bytes add 52 for each segment; HTTP requests carry no header that they do not need");
        Item("Validity", "a run whose useless polls or superseded changes are more than five standard deviations from what chance gives for the gaps that there were, or that lost, doubled or reordered a change, is not to be believed");
        html.Append("</dl></section>\n");

        void Item(string name, string text) => html.Append(CultureInfo.InvariantCulture, $"<dt>{Escape(name)}</dt><dd>{Escape(text)}</dd>\n");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
