using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Configuration;

public sealed class JsonFileTests
{
    [Theory]
    [InlineData("{ \"Broker\": {\n \"Limits\": }\n}", 2)]
    [InlineData("{\n\n  broker: 5 }", 3)]
    [InlineData("{ \"Broker\": { }", 1)]
    [InlineData("{ } { }", 1)]
    [InlineData("", 1)]
    [InlineData("[]", 1)]
    [InlineData("5", 1)]
    public void A_file_that_is_no_json_object_is_a_fault_with_its_line(string json, int line)
    {
        using var folder = new TempFolder();
        string path = folder.Write("appsettings.json", json);

        HostConfiguration configuration = ConfigurationCase.From(folders: [folder.Path]);

        Assert.StartsWith($"{path}:{line}: ", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D)] // {"..":1} with bytes that no character has
    [InlineData(0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22, 0x5C, 0x75, 0x64, 0x38, 0x30, 0x30, 0x22, 0x7D)] // {"a":"\\ud800"}
    public void Bytes_that_are_no_text_are_a_fault(params int[] bytes)
    {
        using var folder = new TempFolder();
        string path = folder.Write("appsettings.json", [.. bytes.Select(one => (byte)one)]);

        HostConfiguration configuration = ConfigurationCase.From(folders: [folder.Path]);

        Assert.Equal($"{path}: is not UTF-8 text", configuration.OnlyFault());
    }

    [Fact]
    public void Nesting_without_end_is_a_fault_and_no_crash()
    {
        string json = string.Concat(Enumerable.Repeat("{\"a\":", 5_000));

        Assert.Contains("is not valid JSON", ConfigurationCase.FromJson(json).OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_written_twice_is_a_fault_that_names_both_lines()
    {
        using var folder = new TempFolder();
        string path = folder.Write("appsettings.json", "{ \"Broker\": { \"Limits\": {\n \"Connections\": 5,\n \"connections\": 6 } } }");

        HostConfiguration configuration = ConfigurationCase.From(folders: [folder.Path]);

        Assert.Equal($"Broker:Limits:connections ({path}:3): is written twice, first at {path}:2", configuration.OnlyFault());
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_a_fault()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Uses a folder in the file's place, as Linux reads it.");
        using var folder = new TempFolder();
        string path = folder.Write("appsettings.json", "{}");
        File.Delete(path);
        File.CreateSymbolicLink(path, "/proc/self/mem"); // it is there, and cannot be read from its start

        HostConfiguration configuration = ConfigurationCase.From(folders: [folder.Path]);

        Assert.StartsWith($"{path}: cannot be read: ", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_of_other_sources_are_listed_beside_a_broken_file()
    {
        using var folder = new TempFolder();
        folder.Write("appsettings.json", "{");

        HostConfiguration configuration = ConfigurationCase.From(["--Broker:Limits:Connections", "0"], folders: [folder.Path]);

        Assert.Equal(2, configuration.Faults.Count);
    }
}
