using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Starting;

public sealed class ExitCodeTests
{
    private static readonly string[] _freePorts = ["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0"];

    [Fact]
    public async Task Bad_configuration_ends_with_2_and_lists_all_faults_on_stderr()
    {
        var files = new Dictionary<string, string> { ["appsettings.json"] = "{ \"Broker\": {\n \"Limits\": { \"Conections\": 5 } } }" };
        var environment = new Dictionary<string, string> { ["Broker__Limits__Inflight"] = "0" };

        (int exitCode, string output, string error) = await BrokerProcess.RunAsync([.. _freePorts, "--Broker:SysInterval", "x"], environment, files);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        string[] lines = error.TrimEnd().Split('\n');
        Assert.Equal("The configuration has 3 fault(s); nothing was started:", lines[0].TrimEnd());
        Assert.Equal(4, lines.Length);
        Assert.Contains("appsettings.json:2): is not a key; did you mean Broker:Limits:Connections?", lines[1], StringComparison.Ordinal);
        Assert.Contains("(environment variable Broker__Limits__Inflight): '0' is not allowed", lines[2], StringComparison.Ordinal);
        Assert.Contains("(argument --Broker:SysInterval): 'x' is not allowed", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_configuration_is_found_before_a_port_is_tried()
    {
        using var taken = new TakenPort();

        (int exitCode, _, string error) = await BrokerProcess.RunAsync(["--Broker:Endpoints:Mqtt:Url", $"mqtt://127.0.0.1:{taken.Number}", "--Broker:Limits:Inflight", "0"]);

        Assert.Equal(2, exitCode);
        Assert.DoesNotContain("in use", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_json_ends_with_2()
    {
        (int exitCode, _, string error) = await BrokerProcess.RunAsync([], files: new Dictionary<string, string> { ["appsettings.json"] = "{\n\"Broker\" }" });

        Assert.Equal(2, exitCode);
        Assert.Contains("appsettings.json:2: is not valid JSON at column", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_beyond_loopback_ends_with_2_unless_allowed_on_purpose()
    {
        (int exitCode, _, string error) = await BrokerProcess.RunAsync([.. _freePorts, "--Broker:Endpoints:Mqtt:Url", "mqtt://0.0.0.0:0"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("--Broker:Auth:AllowAnonymous true", error, StringComparison.Ordinal);
        Assert.Contains(""" "Acl": { "Path": "acl.txt" }""", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mqtt", "mqtt")]
    [InlineData("Http", "http")]
    public async Task A_port_in_use_ends_with_1_and_names_key_and_address(string endpoint, string scheme)
    {
        using var taken = new TakenPort();
        string url = $"{scheme}://127.0.0.1:{taken.Number}";

        (int exitCode, string output, string error) = await BrokerProcess.RunAsync([.. _freePorts, $"--Broker:Endpoints:{endpoint}:Url", url]);

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Equal($"Broker:Endpoints:{endpoint}:Url: {url} is already in use by another program; stop that one, or choose another port", error.TrimEnd());
    }

    [Theory]
    [InlineData("mqtt")]
    [InlineData("http")]
    public async Task An_address_of_another_machine_ends_with_1_and_says_so(string scheme)
    {
        string url = $"{scheme}://203.0.113.7:1883";

        (int exitCode, _, string error) = await BrokerProcess.RunAsync(
            [.. _freePorts, "--Broker:Endpoints:Mqtt:Url", url, "--Broker:Auth:AllowAnonymous", "true", "--Broker:Acl:Path", "acl.txt"],
            files: new Dictionary<string, string> { ["acl.txt"] = "anonymous\n  allow * #\n" });

        Assert.Equal(1, exitCode);
        Assert.Equal($"Broker:Endpoints:Mqtt:Url: {url} is not an address of this machine", error.TrimEnd());
    }

    [Fact]
    public async Task Check_ends_with_0_for_a_sound_configuration_and_opens_nothing()
    {
        using var taken = new TakenPort();

        (int exitCode, string output, _) = await BrokerProcess.RunAsync([.. _freePorts, "--Broker:Endpoints:Mqtt:Url", $"mqtt://127.0.0.1:{taken.Number}", "--check"]);

        Assert.Equal(0, exitCode);
        Assert.Contains($"The configuration is valid: Mqtt mqtt://127.0.0.1:{taken.Number}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ends_with_2_for_a_faulty_one()
    {
        (int exitCode, _, string error) = await BrokerProcess.RunAsync(["--check", "--Broker:Limits:Inflight", "0"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("Broker:Limits:Inflight", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "Usage:")]
    [InlineData("-h", "Usage:")]
    [InlineData("--version", "Broker 0.")]
    public async Task Help_and_version_end_with_0(string argument, string text)
    {
        (int exitCode, string output, string error) = await BrokerProcess.RunAsync([argument]);

        Assert.Equal(0, exitCode);
        Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.Empty(error);
    }

    [Fact]
    public async Task Health_ends_with_0_while_a_broker_runs_and_with_1_when_none_does()
    {
        string url;
        await using (BrokerProcess broker = await BrokerProcess.StartAsync())
        {
            url = broker.Http("/healthz").ToString();
            Assert.Equal(0, (await BrokerProcess.RunAsync(["--health", url])).ExitCode);
            Assert.Equal(1, (await BrokerProcess.RunAsync(["--health", broker.Http("/nothing").ToString()])).ExitCode);
        }

        (int exitCode, _, string error) = await BrokerProcess.RunAsync(["--health", url]);
        Assert.Equal(1, exitCode);
        Assert.Contains($"{url} did not answer", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not a url")]
    [InlineData("ftp://127.0.0.1/")]
    public async Task Health_ends_with_1_for_what_cannot_be_asked(string url)
    {
        Assert.Equal(1, (await BrokerProcess.RunAsync(["--health", url])).ExitCode);
    }
}
