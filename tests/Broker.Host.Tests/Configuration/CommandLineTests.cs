using Broker.Host.Configuration;

namespace Broker.Host.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", Verb.Help)]
    [InlineData("-h", Verb.Help)]
    [InlineData("--version", Verb.Version)]
    [InlineData("--check", Verb.Check)]
    internal void An_option_says_what_to_do(string argument, Verb verb)
    {
        CommandLine commandLine = CommandLine.Parse([argument]);

        Assert.Equal(verb, commandLine.Verb);
        Assert.Empty(commandLine.Faults);
    }

    [Fact]
    public void Without_arguments_the_broker_runs()
    {
        Assert.Equal(Verb.Run, CommandLine.Parse([]).Verb);
    }

    [Fact]
    public void Health_takes_a_url()
    {
        CommandLine commandLine = CommandLine.Parse(["--health", "http://127.0.0.1:8080/healthz"]);

        Assert.Equal(Verb.Health, commandLine.Verb);
        Assert.Equal("http://127.0.0.1:8080/healthz", commandLine.HealthUrl);
    }

    [Theory]
    [InlineData("did you mean --help?", "--hepl")]
    [InlineData("did you mean --check?", "--chek")]
    [InlineData("did you mean --Broker:Endpoints:Http:Url?", "--urls", "http://*:80")]
    [InlineData("did you mean --Broker:Endpoints:Mqtt:Url?", "--Endpoints:Mqtt:Url", "mqtt://127.0.0.1:1")]
    [InlineData("did you mean --Broker:Limits:Connections?", "--Brokr:Limits:Connections=5")]
    [InlineData("see --help", "start")]
    [InlineData("see --help", "-p")]
    [InlineData("has no value; write --Broker:Limits:Connections <value>", "--Broker:Limits:Connections")]
    [InlineData("has no value; write --Broker:Limits:Connections <value>", "--Broker:Limits:Connections", "--check")]
    [InlineData("needs a url", "--health")]
    public void An_argument_that_means_nothing_is_a_fault(string what, params string[] arguments)
    {
        CommandLine commandLine = CommandLine.Parse(arguments);

        Assert.Contains(what, Assert.Single(commandLine.Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_may_be_empty_and_may_hold_anything()
    {
        CommandLine commandLine = CommandLine.Parse(["--Broker:A", "", "--Broker:B=a=b", "--Broker:C", "-1"]);

        Assert.Empty(commandLine.Faults);
        Assert.Equal(["", "a=b", "-1"], commandLine.Settings.Select(one => one.Setting.Value));
    }
}
