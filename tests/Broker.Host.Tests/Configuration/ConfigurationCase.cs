using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Configuration;

/// <summary>Reads a configuration as the program does, from given layers only.</summary>
internal static class ConfigurationCase
{
    public static HostConfiguration FromArguments(params string[] arguments) => From(arguments: arguments);

    public static HostConfiguration FromEnvironment(string name, string value) =>
        From(environment: new Dictionary<string, string> { [name] = value });

    /// <summary>The JSON lies as appsettings.json in a folder of its own.</summary>
    public static HostConfiguration FromJson(string json)
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", json);
        return From(folders: [folder.Path]);
    }

    public static HostConfiguration From(
        string[]? arguments = null, Dictionary<string, string>? environment = null, string[]? folders = null) =>
        HostConfiguration.Read(CommandLine.Parse(arguments ?? []), environment ?? [], folders ?? []);

    /// <summary>The only fault, as the operator reads it.</summary>
    public static string OnlyFault(this HostConfiguration configuration) => Assert.Single(configuration.Faults).ToString();
}
