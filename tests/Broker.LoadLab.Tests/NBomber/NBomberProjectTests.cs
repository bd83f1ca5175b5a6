using System.Diagnostics;
using System.Text.Json;
using Broker.Testing;

namespace Broker.LoadLab.Tests.NBomber;

/// <summary>NBomber is free for personal use only: nobody gets it who did not ask for it by name.</summary>
public sealed class NBomberProjectTests
{
    private static readonly string _project = Path.Combine(Repository.Root, "loadtests", "NBomber", "Broker.LoadTests.NBomber.csproj");

    private static readonly string[] _folders = ["src", "loadtests", "benchmarks"];

    [Fact]
    public async Task The_project_references_NBomber_at_the_version_that_the_readme_names()
    {
        using JsonDocument evaluation = await EvaluateAsync();

        JsonElement items = evaluation.RootElement.GetProperty("Items");
        string[] packages = [.. items.GetProperty("PackageReference").EnumerateArray().Select(Identity)];
        JsonElement version = Assert.Single(items.GetProperty("PackageVersion").EnumerateArray(), item => Identity(item) == "NBomber");
        string readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "loadtests", "README.md"), TestContext.Current.CancellationToken);
        Assert.Equal(["NBomber"], packages);
        Assert.Contains($"NBomber {version.GetProperty("Version").GetString()}", readme, StringComparison.Ordinal);
        Assert.Equal("false", evaluation.RootElement.GetProperty("Properties").GetProperty("RestorePackagesWithLockFile").GetString());
    }

    [Fact]
    public async Task The_project_compiles_the_adapter_that_is_tested_here_and_runs_the_common_scenarios()
    {
        using JsonDocument evaluation = await EvaluateAsync();

        JsonElement items = evaluation.RootElement.GetProperty("Items");
        string[] sources = [.. items.GetProperty("Compile").EnumerateArray().Select(Identity).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        string reference = Identity(Assert.Single(items.GetProperty("ProjectReference").EnumerateArray()));
        Assert.Equal(["NBomberHost.cs", "NBomberLicense.cs", "Program.cs"], sources);
        Assert.EndsWith("Scenarios/Broker.LoadTests.csproj", reference.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_the_solution_nor_any_other_project_nor_a_lock_file_knows_it()
    {
        string[] others =
        [
            Path.Combine(Repository.Root, "Broker.sln"),
            Path.Combine(Repository.Root, "Directory.Packages.props"),
            Path.Combine(Repository.Root, "Directory.Build.props"),
            .. _folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
                .Where(path => Path.GetFileName(path) == "packages.lock.json" || path.EndsWith(".csproj", StringComparison.Ordinal)).Where(path => path != _project),
        ];

        string[] knowing = [.. others.Where(path => File.ReadAllText(path).Contains("\"NBomber", StringComparison.Ordinal) || File.ReadAllText(path).Contains("LoadTests.NBomber", StringComparison.Ordinal))];

        Assert.Empty(knowing);
    }

    [Fact]
    public void The_readme_says_in_its_first_lines_what_the_licence_allows()
    {
        string[] first = [.. File.ReadLines(Path.Combine(Repository.Root, "loadtests", "README.md")).Take(8)];

        Assert.Contains(first, line => line.Contains("personal use", StringComparison.Ordinal));
        Assert.Contains(first, line => line.Contains("subscription", StringComparison.Ordinal));
    }

    private static string Identity(JsonElement item) => item.GetProperty("Identity").GetString()!;

    /// <summary>Evaluated as MSBuild does; nothing is restored.</summary>
    private static async Task<JsonDocument> EvaluateAsync()
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", _project, "-getItem:PackageReference,PackageVersion,ProjectReference,Compile", "-getProperty:RestorePackagesWithLockFile", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{await output}{error}");
        return JsonDocument.Parse(await output);
    }
}
