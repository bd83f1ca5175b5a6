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
    public void Text_in_charts_stays_readable_on_a_page_of_400_pixels()
    {
        const double SmallestPixels = 10.5;
        const double Page = 400;
        Match narrow = NarrowPattern().Match(_html);
        Match main = MainPattern().Match(_html);

        double drawing = Page - 2 * Number(main.Groups["side"]) - 2 * Number(narrow.Groups["side"]) - 2;
        Assert.InRange(Number(narrow.Groups["width"]), Page, 1_000);
        Assert.InRange(Number(narrow.Groups["font"]) * drawing / 520, SmallestPixels, 16);

        static double Number(Group group) => double.Parse(group.Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Nothing_has_a_width_of_its_own_that_a_narrow_page_could_not_hold()
    {
        Assert.All(Regex.Matches(_html, "<svg[^>]*>").Select(match => match.Value), svg => Assert.DoesNotContain(" width=", svg, StringComparison.Ordinal));
        Assert.Contains("svg { display: block; width: 100%; height: auto; }", _html, StringComparison.Ordinal);
        Assert.Contains("table, tbody { display: block; }", _html, StringComparison.Ordinal);
        Assert.DoesNotContain("<pre", _html, StringComparison.Ordinal);
        Assert.DoesNotContain("min-width: 4", _html, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_an_axis_do_not_run_into_each_other()
    {
        const double GlyphWidth = 0.62; // of a digit, by its font size
        const double NarrowFont = 17;
        foreach (Match svg in Regex.Matches(_html, "<svg.*?</svg>", RegexOptions.Singleline))
        {
            var chart = XElement.Parse(svg.Value);
            XElement[] below = [.. chart.Elements("text").Where(text => (string?)text.Attribute("class") == "tick" && (string?)text.Attribute("text-anchor") == "middle")];
            Assert.NotEmpty(below);
            Assert.All(below.Zip(below.Skip(1)), pair => Assert.True(
                (double)pair.Second.Attribute("x")! - (double)pair.First.Attribute("x")! > (pair.First.Value.Length + pair.Second.Value.Length) / 2.0 * GlyphWidth * NarrowFont,
                $"{pair.First.Value} and {pair.Second.Value} of {(string?)chart.Attribute("aria-label")}"));
            Assert.All(chart.Elements("text").Where(text => (string?)text.Attribute("text-anchor") == "end"), text =>
                Assert.True((double)text.Attribute("x")! - text.Value.Length * GlyphWidth * NarrowFont > 0, $"{text.Value} of {(string?)chart.Attribute("aria-label")}"));
        }
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

    [GeneratedRegex(@"@media \(max-width: (?<width>\d+)px\) \{\s*figure \{ padding: \d+px (?<side>\d+)px; \}\s*\.tick, \.axis, \.tiletext \{ font-size: (?<font>\d+)px; \}")]
    private static partial Regex NarrowPattern();

    [GeneratedRegex(@"@media \(max-width: 1000px\) \{\s*main \{ padding: \d+px (?<side>\d+)px")]
    private static partial Regex MainPattern();

    [GeneratedRegex("style=\"fill:(#[0-9a-f]+)\" class=\"tile\"")]
    private static partial Regex TilePattern();
}
