using System.Globalization;

namespace Broker.Attack;

/// <summary>
/// One attack of a file: a line with its name and what it is, then lines <c>source:</c>, <c>memory:</c> (MiB), <c>cpu:</c> (seconds) and steps. What a line
/// <c>$NAME = TEXT</c> defines stands for that text in the lines behind it.
/// </summary>
internal sealed record AttackRow(string Name, string Title)
{
    /// <summary>Where it was seen: a vulnerability of another broker, or the clause.</summary>
    public string Source { get; init; } = "";

    /// <summary>By how many MiB the broker's memory may grow meanwhile.</summary>
    public double MemoryMegabytes { get; init; } = 64;

    /// <summary>Seconds of processor time that it may cost.</summary>
    public double CpuSeconds { get; init; } = 2;

    /// <summary>What is done, a line each; see <see cref="Attacker"/>.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>Reads the rows of a file.</summary>
    /// <exception cref="FormatException">It is written wrong.</exception>
    public static IReadOnlyList<AttackRow> Read(IEnumerable<string> lines)
    {
        List<AttackRow> rows = [];
        List<(string Name, string Text)> definitions = [];
        foreach (string line in lines)
        {
            string text = definitions.Aggregate(line.Trim(), (text, definition) => text.Replace(definition.Name, definition.Text, StringComparison.Ordinal));
            if (text.Length == 0 || text[0] == '#') continue;
            if (text[0] == '$')
            {
                string[] parts = text.Split(" = ", 2);
                definitions.Add((parts[0], parts[1]));
                continue;
            }

            if (!char.IsWhiteSpace(line[0]))
            {
                int space = text.IndexOf(' ', StringComparison.Ordinal);
                rows.Add(new AttackRow(text[..space], text[(space + 1)..]));
                continue;
            }

            rows[^1] = rows[^1].With(text);
        }

        if (rows.FirstOrDefault(row => row.Source.Length == 0 || !row.Steps.Any(step => step.StartsWith("expect", StringComparison.Ordinal))) is { } empty)
        {
            throw new FormatException($"{empty.Name} needs a source, and something that is expected");
        }

        return rows;
    }

    private AttackRow With(string text)
    {
        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        return (colon < 0 ? "" : text[..colon]) switch
        {
            "source" => this with { Source = text[(colon + 2)..] },
            "memory" => this with { MemoryMegabytes = double.Parse(text[(colon + 2)..], CultureInfo.InvariantCulture) },
            "cpu" => this with { CpuSeconds = double.Parse(text[(colon + 2)..], CultureInfo.InvariantCulture) },
            _ => this with { Steps = [.. Steps, text] },
        };
    }
}
