using System.Runtime.CompilerServices;

namespace Broker.Testing;

/// <summary>Where the sources are, for tests that hold pages and code against each other.</summary>
public static class Repository
{
    /// <summary>The folder that holds Broker.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string source = "")
    {
        DirectoryInfo? folder = new FileInfo(source).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Broker.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The sources that these tests were built from are gone");
    }
}
