namespace Broker.LoadTests.Cli;

/// <summary>Lines of text: for logs, and for hosts that have a console of their own.</summary>
public sealed class PlainConsole(TextWriter output, TextWriter error) : ILabConsole
{
    public void Line(string text) => output.WriteLine(text);

    public void Fault(string text) => error.WriteLine(text);

    public void Table(string title, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        output.WriteLine(title);
        int[] widths = [.. headings.Select((heading, column) => rows.Select(row => row[column].Length).Append(heading.Length).Max())];
        foreach (IReadOnlyList<string> row in rows.Prepend(headings))
            output.WriteLine("  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }

    public Task<T> ProgressAsync<T>(Func<Action<string, int, int>, Task<T>> work) => work((what, done, all) => output.WriteLine($"[{done + 1}/{all}] {what}"));
}
