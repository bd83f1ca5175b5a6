using Spectre.Console;

namespace Broker.LoadTests.Cli;

/// <summary>A terminal: a progress bar that says what runs, and tables that fit.</summary>
public sealed class SpectreConsole : ILabConsole
{
    private readonly IAnsiConsole _error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    public void Line(string text) => AnsiConsole.WriteLine(text);

    public void Fault(string text) => _error.WriteLine(text);

    public void Table(string title, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape(title)), Border = TableBorder.Simple };
        for (int column = 0; column < headings.Count; column++)
        {
            var heading = new TableColumn(Markup.Escape(headings[column]));
            table.AddColumn(column == 0 ? heading.NoWrap() : heading.RightAligned());
        }

        foreach (IReadOnlyList<string> row in rows) table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }

    public Task<T> ProgressAsync<T>(Func<Action<string, int, int>, Task<T>> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
            return work((what, done, all) => AnsiConsole.WriteLine($"[{done + 1}/{all}] {what}"));
        return AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting");
                T result = await work((what, done, all) =>
                {
                    task.MaxValue = all;
                    task.Value = done;
                    task.Description = Markup.Escape(what);
                });
                task.Value = task.MaxValue;
                return result;
            });
    }
}
