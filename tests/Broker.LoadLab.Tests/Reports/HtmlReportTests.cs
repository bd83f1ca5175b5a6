using System.Text.RegularExpressions;
using System.Xml.Linq;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Reports;

namespace Broker.LoadLab.Tests.Reports;

public sealed partial class HtmlReportTests
{
    private static readonly string _html = HtmlReport.Of(ReportSamples.Whole());

    [Fact]
    public void It_is_one_file_without_scripts_or_anything_to_fetch()
    {
        Assert.DoesNotContain("<script", _html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", _html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http://", _html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", _html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", _html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("awareness")]
    [InlineData("p99")]
    [InlineData("freshness")]
    [InlineData("map")]
    [InlineData("useless")]
    [InlineData("superseded")]
    [InlineData("cpu")]
    [InlineData("timeline")]
    public void It_has_every_chart_and_each_is_well_formed(string id)
    {
        Match figure = Regex.Match(_html, $"<figure id=\"{id}\">(.*?)</figure>", RegexOptions.Singleline);
        Match svg = Regex.Match(figure.Value, "<svg.*?</svg>", RegexOptions.Singleline);

        var chart = XElement.Parse(svg.Value);
        Assert.Contains(chart.Descendants(), element => element.Name.LocalName is "path" or "circle" or "rect");
        Assert.NotNull(chart.Attribute("aria-label"));
        Assert.All(chart.Descendants("path"), path => Assert.Matches(PathPattern(), path.Attribute("d")!.Value));
    }

    [Fact]
    public void Marks_lie_within_the_drawing()
    {
        foreach (Match svg in Regex.Matches(_html, "<svg.*?</svg>", RegexOptions.Singleline))
        {
            var chart = XElement.Parse(svg.Value);
            Assert.All(chart.Descendants("circle"), circle => Assert.InRange((double)circle.Attribute("cx")!, 0, 520));
            Assert.All(chart.Descendants("circle"), circle => Assert.InRange((double)circle.Attribute("cy")!, 0, 330));
            Assert.All(chart.Descendants("rect"), rect => Assert.True((double)rect.Attribute("width")! > 0 && (double)rect.Attribute("height")! > 0));
        }
    }

    [Fact]
    public void The_map_has_both_colours()
    {
        string[] colours = [.. TilePattern().Matches(_html).Select(match => match.Groups[1].Value).Distinct()];

        Assert.Equal(2, colours.Length);
    }

    [Fact]
    public void Cells_name_their_column_for_narrow_pages()
    {
        Assert.Contains("name=\"viewport\" content=\"width=device-width", _html, StringComparison.Ordinal);
        Assert.Contains("@media (max-width", _html, StringComparison.Ordinal);
        foreach (string heading in ModeTable.Headings) Assert.Contains($"data-label=\"{System.Net.WebUtility.HtmlEncode(heading)}\"", _html, StringComparison.Ordinal);
    }

    [Fact]
    public void What_people_typed_is_shown_and_not_obeyed()
    {
        Assert.Contains("dotnet run &lt;compare&gt; &amp; more", _html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_not_to_be_believed_is_named_with_its_reason()
    {
        RunResult bad = ReportSamples.Run(Mode.PushQos0, "modes", 2, [new Cell(2, 0.5)], 50, 1) with { Contradictions = ["3 changes were never learned of"] };

        string html = HtmlReport.Of(ReportSamples.Of(bad));

        Assert.Contains("push-q0 on modes, round 2: 3 changes were never learned of", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Charts_without_data_are_left_out()
    {
        string html = HtmlReport.Of(ReportSamples.Of(ReportSamples.Run(Mode.PushQos0, "modes", 0, [new Cell(2, 0.5)], 50, 1)));

        Assert.Contains("<figure id=\"awareness\">", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<figure id=\"map\">", html, StringComparison.Ordinal);
    }

    [GeneratedRegex("^(M-?[0-9.]+ -?[0-9.]+(L-?[0-9.]+ -?[0-9.]+)*)?$")]
    private static partial Regex PathPattern();

    [GeneratedRegex("style=\"fill:(#[0-9a-f]+)\" class=\"tile\"")]
    private static partial Regex TilePattern();
}
