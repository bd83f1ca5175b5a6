using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Broker.Core.Limits;
using Broker.Testing;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>The table of limits in docs/configuration.md is made from BrokerLimits; UPDATE_DOCS=1 writes it, otherwise it must agree.</summary>
public sealed partial class LimitsPageTests
{
    private const string Begin = "<!-- limits: made from BrokerLimits -->";
    private const string End = "<!-- end of limits -->";

    [Fact]
    public void The_page_lists_every_limit_with_its_default_and_range()
    {
        string path = Path.Combine(Repository.Root, "docs", "configuration.md");
        string page = File.ReadAllText(path);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        string table = "\n" + Table() + "\n";

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(path, page[..begin] + table + page[end..]);
        else Assert.Equal(table, page[begin..end]);
    }

    [Fact]
    public void Every_limit_has_a_default_within_its_range()
    {
        var limits = new BrokerLimits();

        List<ValidationResult> faults = [];
        Validator.TryValidateObject(limits, new ValidationContext(limits), faults, validateAllProperties: true);

        Assert.Empty(faults);
        Assert.All(Properties(), p => Assert.NotEmpty(p.GetCustomAttributes<ValidationAttribute>()));
    }

    private static string Table()
    {
        XDocument docs = XDocument.Load(Path.ChangeExtension(typeof(BrokerLimits).Assembly.Location, ".xml"));
        var limits = new BrokerLimits();
        var table = new StringBuilder("| key | default | allowed | meaning |\n|---|---|---|---|\n");
        foreach (PropertyInfo property in Properties())
        {
            string name = $"P:{typeof(BrokerLimits).FullName}.{property.Name}";
            XElement summary = docs.Descendants("member").Single(m => (string?)m.Attribute("name") == name).Element("summary")!;
            table.Append(CultureInfo.InvariantCulture, $"| `Limits:{property.Name}` | {Text(property.GetValue(limits))} | {Allowed(property)} | {Prose(summary)} |\n");
        }

        return table.ToString().TrimEnd('\n');
    }

    private static PropertyInfo[] Properties() =>
        [.. typeof(BrokerLimits).GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(p => p.MetadataToken)];

    private static string Allowed(PropertyInfo property)
    {
        if (property.PropertyType.IsEnum) return string.Join(", ", Enum.GetNames(property.PropertyType));
        if (property.GetCustomAttribute<DurationRangeAttribute>() is { } duration) return $"{duration.Minimum} to {duration.Maximum}";
        RangeAttribute range = property.GetCustomAttribute<RangeAttribute>()!;
        return $"{Text(range.Minimum)} to {Text(range.Maximum)}";
    }

    private static string Text(object? value) => value switch
    {
        int number => number.ToString("#,0", CultureInfo.InvariantCulture),
        long number => number.ToString("#,0", CultureInfo.InvariantCulture),
        double number => number.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    private static string Prose(XElement summary)
    {
        foreach (XElement see in summary.Descendants("see").ToList()) see.ReplaceWith($"`{((string)see.Attribute("cref")!).Split('.')[^1]}`");
        foreach (XElement code in summary.Descendants("c").ToList()) code.ReplaceWith($"`{code.Value}`");
        return Spaces().Replace(summary.Value, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
