namespace Broker.LoadTests.Cli;

/// <summary>Where the program talks to whoever started it.</summary>
public interface ILabConsole
{
    void Line(string text);

    void Fault(string text);

    void Table(string title, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows);

    /// <summary>Runs work that tells how far it is: what, how many are done, of how many.</summary>
    Task<T> ProgressAsync<T>(Func<Action<string, int, int>, Task<T>> work);
}
