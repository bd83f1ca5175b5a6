using System.Globalization;
using System.Net;
using System.Text;

namespace Broker.LoadTests.Reports;

/// <summary>A chart as SVG text: no library, no script; what a mark means is in its title, and colours follow the page's.</summary>
public sealed class Plot(Axis x, Axis y)
{
    private const double Width = 520;
    private const double Height = 338;
    private const double Left = 72;
    private const double Right = 24; // half of the last number, also where text is larger
    private const double Top = 12;
    private const double Bottom = 60;

    private readonly StringBuilder _marks = new();
    private readonly List<(string Title, string Color, bool IsLine)> _legend = [];

    public Plot Line(string? title, string color, IEnumerable<(double X, double Y)> points, bool dashed = false, bool steps = false)
    {
        var path = new StringBuilder();
        (double X, double Y)? before = null;
        foreach ((double px, double py) in points)
        {
            if (!double.IsFinite(px) || !double.IsFinite(py)) continue;
            if (steps && before is { } last) path.Append(CultureInfo.InvariantCulture, $"L{X(px):0.0} {Y(last.Y):0.0}");
            path.Append(before is null ? 'M' : 'L').Append(CultureInfo.InvariantCulture, $"{X(px):0.0} {Y(py):0.0}");
            before = (px, py);
        }

        _marks.Append(CultureInfo.InvariantCulture, $"<path class=\"line{(dashed ? " dashed" : "")}\" style=\"stroke:{color}\" d=\"{path}\"/>\n");
        if (title is not null) _legend.Add((title, color, true));
        return this;
    }

    public Plot Dot(double px, double py, string color, string title, double? low = null, double? high = null)
    {
        if (!double.IsFinite(px) || !double.IsFinite(py)) return this;
        if (low is { } from && high is { } to)
            _marks.Append(CultureInfo.InvariantCulture, $"<line class=\"error\" style=\"stroke:{color}\" x1=\"{X(px):0.0}\" x2=\"{X(px):0.0}\" y1=\"{Y(from):0.0}\" y2=\"{Y(to):0.0}\"/>");
        _marks.Append(CultureInfo.InvariantCulture, $"<circle style=\"fill:{color}\" cx=\"{X(px):0.0}\" cy=\"{Y(py):0.0}\" r=\"4.5\"><title>{Escape(title)}</title></circle>\n");
        return this;
    }

    public Plot Tile(double left, double right, double low, double high, string color, string text, string title)
    {
        double x0 = X(left);
        double y0 = Y(high);
        double width = X(right) - x0;
        double height = Y(low) - y0;
        _marks.Append(CultureInfo.InvariantCulture, $"<g><rect x=\"{x0:0.0}\" y=\"{y0:0.0}\" width=\"{width:0.0}\" height=\"{height:0.0}\" style=\"fill:{color}\" class=\"tile\"/>");
        _marks.Append(CultureInfo.InvariantCulture, $"<text class=\"tiletext\" x=\"{x0 + width / 2:0.0}\" y=\"{y0 + height / 2 + 4.5:0.0}\">{Escape(text)}</text><title>{Escape(title)}</title></g>\n");
        return this;
    }

    public Plot Legend(string title, string color, bool isLine = false)
    {
        _legend.Add((title, color, isLine));
        return this;
    }

    /// <summary>The chart and its legend, which is text, so that it wraps on a narrow page.</summary>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    public string ToHtml(string label)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(label)}\">\n");
        foreach (double tick in x.Ticks())
        {
            html.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{X(tick):0.0}\" x2=\"{X(tick):0.0}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(tick):0.0}\" y=\"{Height - Bottom + 26}\">{Axis.Label(tick)}</text>\n");
        }

        foreach (double tick in y.Ticks())
        {
            html.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.0}\" y2=\"{Y(tick):0.0}\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" text-anchor=\"end\" x=\"{Left - 7}\" y=\"{Y(tick) + 4.5:0.0}\">{Axis.Label(tick)}</text>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" text-anchor=\"middle\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\">{Escape(x.Title)}</text>");
        html.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(17 {(Top + Height - Bottom) / 2}) rotate(-90)\">{Escape(y.Title)}</text>\n");
        html.Append(_marks).Append("</svg>\n");
        if (_legend.Count == 0) return html.ToString();
        html.Append("<ul class=\"legend\">");
        foreach ((string title, string color, bool isLine) in _legend) html.Append(CultureInfo.InvariantCulture, $"<li><span class=\"{(isLine ? "stroke" : "dot")}\" style=\"background:{color}\"></span>{Escape(title)}</li>");
        return html.Append("</ul>\n").ToString();
    }

    private double X(double value) => Left + x.At(value) * (Width - Left - Right);

    private double Y(double value) => Height - Bottom - y.At(value) * (Height - Top - Bottom);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
