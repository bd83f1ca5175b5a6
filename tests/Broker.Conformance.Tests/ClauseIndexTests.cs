using System.Reflection;
using System.Text.RegularExpressions;
using Broker.Testing;
using Xunit;

namespace Broker.Conformance.Tests;

/// <summary>
/// docs/conformance.md, the <see cref="ClauseAttribute"/>s of the tests and the statements that the source cites agree. With
/// UPDATE_DOCS=1 the page's column of tests is written anew.
/// </summary>
public sealed partial class ClauseIndexTests
{
    private const string Reason = "_";
    private const string OfV311 = "V311:";

    private static readonly string _root = Repository.Root;
    private static readonly string _page = Path.Combine(_root, "docs", "conformance.md");

    [Fact]
    public void The_page_names_the_tests_of_every_statement()
    {
        SortedDictionary<string, SortedSet<string>> tests = Tests();
        string[] lines = File.ReadAllLines(_page);
        string[] expected = [.. lines.Select(line => WithTests(line, tests))];

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(_page, string.Join('\n', expected) + "\n");
            return;
        }

        string[] stale = [.. lines.Zip(expected).Where(pair => pair.First != pair.Second).Select(pair => Row().Match(pair.First).Groups["id"].Value)];
        Assert.True(stale.Length == 0, "docs/conformance.md is not up to date (run the tests with UPDATE_DOCS=1): " + string.Join(", ", stale));
    }

    [Fact]
    public void Every_statement_has_a_test_or_a_reason_for_having_none()
    {
        Dictionary<string, string> rows = Rows();
        SortedDictionary<string, SortedSet<string>> tests = Tests();

        IEnumerable<string> bare = rows.Where(row => !tests.ContainsKey(row.Key) && !row.Value.StartsWith(Reason, StringComparison.Ordinal)).Select(row => row.Key);

        Assert.True(!bare.Any(), "Neither a test nor a reason: " + string.Join(", ", bare));
    }

    [Fact]
    public void A_statement_that_refers_to_another_refers_to_one_that_is_there()
    {
        Dictionary<string, string> rows = Rows();

        IEnumerable<string> dangling = rows.Where(row => Reference().Match(row.Value) is { Success: true } match && !rows.ContainsKey(match.Groups["id"].Value)).Select(row => row.Key);

        Assert.True(!dangling.Any(), "They refer to nothing: " + string.Join(", ", dangling));
    }

    [Fact]
    public void Every_statement_that_a_test_or_the_source_names_is_on_the_page()
    {
        Dictionary<string, string> rows = Rows();

        IEnumerable<string> ofTests = Tests().Keys.Where(id => !rows.ContainsKey(id));
        IEnumerable<string> ofSource = Citations().Where(citation => !rows.ContainsKey(citation.Id)).Select(citation => $"{citation.Id} in {citation.File}");

        Assert.True(!ofTests.Any(), "Tests name statements that docs/conformance.md does not have: " + string.Join(", ", ofTests));
        Assert.True(!ofSource.Any(), "The source cites statements that docs/conformance.md does not have: " + string.Join(", ", ofSource));
    }

    private static string WithTests(string line, SortedDictionary<string, SortedSet<string>> tests)
    {
        Match row = Row().Match(line);
        if (!row.Success) return line;
        string shown = row.Groups["shown"].Value;
        if (tests.TryGetValue(row.Groups["id"].Value, out SortedSet<string>? names)) shown = string.Join("<br>", names);
        else if (!shown.StartsWith(Reason, StringComparison.Ordinal)) shown = "";
        return $"| {row.Groups["id"].Value} | {row.Groups["text"].Value} | {shown}{(shown.Length > 0 ? " " : "")}|";
    }

    private static Dictionary<string, string> Rows() => File.ReadLines(_page).Select(line => Row().Match(line)).Where(row => row.Success)
        .ToDictionary(row => row.Groups["id"].Value, row => row.Groups["shown"].Value);

    /// <summary>Statement to tests: of this assembly by reflection, of the other test projects by their text.</summary>
    private static SortedDictionary<string, SortedSet<string>> Tests()
    {
        SortedDictionary<string, SortedSet<string>> tests = new(StringComparer.Ordinal);
        foreach (Type type in typeof(ClauseIndexTests).Assembly.GetTypes())
        {
            string name = type.FullName!.Replace("Broker.Conformance.Tests.", "", StringComparison.Ordinal);
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (method.GetCustomAttribute<FactAttribute>() is null) continue; // a theory is a fact, too
                foreach (ClauseAttribute clause in method.GetCustomAttributes<ClauseAttribute>().Concat(type.GetCustomAttributes<ClauseAttribute>()))
                {
                    Add(tests, clause.Id, $"{name}.{method.Name}");
                }
            }
        }

        foreach (string project in Directory.GetDirectories(Path.Combine(_root, "tests")))
        {
            if (Path.GetFileName(project) is "Broker.Conformance.Tests" or "Broker.Testing") continue;
            foreach (string file in Sources(project)) AddFromText(tests, Path.GetFileName(project), file);
        }

        return tests;
    }

    private static void AddFromText(SortedDictionary<string, SortedSet<string>> tests, string project, string file)
    {
        List<string> pending = [];
        foreach (string line in File.ReadLines(file))
        {
            if (Tag().Match(line) is { Success: true } tag) pending.Add(tag.Groups["id"].Value);
            if (Method().Match(line) is not { Success: true } method) continue;
            foreach (string id in pending) Add(tests, id, $"{project}: {Path.GetFileNameWithoutExtension(file)}.{method.Groups["name"].Value}");
            pending.Clear();
        }
    }

    private static void Add(SortedDictionary<string, SortedSet<string>> tests, string id, string name)
    {
        if (!tests.TryGetValue(id, out SortedSet<string>? names)) tests.Add(id, names = new SortedSet<string>(StringComparer.Ordinal));
        names.Add(name);
    }

    /// <summary>The statements that comments of the source name; those of 3.1.1 have its number in front.</summary>
    private static IEnumerable<(string Id, string File)> Citations() =>
        from file in Sources(Path.Combine(_root, "src"))
        from Match citation in Citation().Matches(File.ReadAllText(file))
        select ((citation.Groups["old"].Success ? OfV311 : "") + citation.Groups["id"].Value, Path.GetFileName(file));

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    [GeneratedRegex(@"^\| (?<id>(V311:)?MQTT-[0-9.-]+) \| (?<text>.*?) \| ?(?<shown>.*?) ?\|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"^_as (?<id>MQTT-[0-9.-]+)_$")]
    private static partial Regex Reference();

    [GeneratedRegex(@"\[Clause\(""(?<id>[^""]+)""\)\]")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^\s*public (async )?(void|Task|ValueTask) (?<name>\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"(?<old>3\.1\.1 \[?)?(?<id>MQTT-\d[\d.]*-\d+(\.\d+-\d+)?)")]
    private static partial Regex Citation();
}
