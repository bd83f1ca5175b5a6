using Broker.Host.Commands;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Access;

/// <summary>What an operator can ask of rules without a broker.</summary>
public sealed class AclCommandTests : IDisposable
{
    private const string Rules = """
        role sensor
          allow publish   site/{principal}/up/#    qos<=1 retain=no
          allow subscribe site/{principal}/down/#
          deny  *         site/+/admin/#
        user dev-17 roles=sensor
        everyone
          allow share(workers) jobs/#
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--principal dev-17 --action publish --topic site/dev-17/up/t --qos 1", 0, "allowed by {acl}:2: allow publish site/{principal}/up/# qos<=1 retain=no")]
    [InlineData("--principal dev-17 --action publish --topic site/dev-17/up/t --qos 2", 1, "denied: no rule allows it")]
    [InlineData("--principal dev-17 --action retain --topic site/dev-17/up/t", 1, "denied: no rule allows it")]
    [InlineData("--principal dev-17 --action publish --topic site/x/admin/t", 1, "denied by {acl}:4: deny * site/+/admin/#")]
    [InlineData("--principal dev-17 --action subscribe --topic site/#", 1, "denied by {acl}:4: deny * site/+/admin/#")]
    [InlineData("--principal dev-17 --action subscribe --topic site/dev-17/down/+/x", 0, "allowed by {acl}:3: allow subscribe site/{principal}/down/#")]
    [InlineData("--action subscribe --topic jobs/#", 1, "denied: no rule allows all of it, such as jobs (? is any level)")]
    [InlineData("--action share --share workers --topic jobs/#", 0, "allowed by {acl}:7: allow share(workers) jobs/#")]
    public async Task Explain_names_the_rule_that_decides(string question, int exitCode, string answer)
    {
        string acl = _folder.Write("acl", Rules);

        (int code, string output, string error) = await RunAsync(["acl", "explain", "--file", acl, .. question.Split(' ')]);

        Assert.Equal((exitCode, answer.Replace("{acl}", acl, StringComparison.Ordinal), ""), (code, output.Trim(), error));
    }

    [Theory]
    [InlineData("--action publish --topic a/#", "is not a topic name")]
    [InlineData("--action subscribe --topic a#", "is not a topic filter")]
    [InlineData("--action publish --topic a --address x", "'x' is not an address")]
    [InlineData("--action publish --topic a --file missing", "cannot be read")]
    public async Task A_question_that_makes_no_sense_is_a_fault(string question, string expected)
    {
        string acl = _folder.Write("acl", Rules);
        string[] file = question.Contains("--file", StringComparison.Ordinal) ? [] : ["--file", acl];

        (int code, _, string error) = await RunAsync(["acl", "explain", .. file, .. question.Split(' ')]);

        Assert.Equal(ExitCode.BadConfiguration, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_tells_the_expectations_that_do_not_hold()
    {
        string acl = _folder.Write("acl", Rules);
        string tests = _folder.Write("tests", """
            # Devices
            allow dev-17 publish site/dev-17/up/t qos=1     # at most
            deny  dev-17 publish site/dev-17/up/t retain=yes
            deny  anonymous subscribe jobs/#
            allow anonymous share jobs/# share=workers
            allow dev-17 publish site/dev-18/up/t
            deny  dev-17 receive site/dev-17/down/t client=c listener=Mqtt address=10.0.0.1 tls=yes method=jwt
            """);

        (int code, string output, _) = await RunAsync(["acl", "test", "--file", acl, tests]);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal(
            $"{tests}:6: expected allow, but it is denied: no rule allows it\n{tests}:7: expected deny, but it is allowed by {acl}:3: allow subscribe site/{{principal}}/down/#\n4 passed, 2 failed\n",
            output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Test_succeeds_where_all_hold_and_knows_faulty_expectations()
    {
        string acl = _folder.Write("acl", Rules);
        string good = _folder.Write("good", "deny anonymous publish x");
        string bad = _folder.Write("bad", "dny anonymous publish x\ndeny anonymous publsh x\ndeny anonymous publish #\ndeny anonymous publish x qos=3\ndeny anonymous publish x qoss=1\ndeny x\n");

        Assert.Equal((ExitCode.Success, "1 passed, 0 failed"), await RunAsync(["acl", "test", "--file", acl, good]) is var (code, output, _) ? (code, output.Trim()) : default);
        (int badCode, _, string error) = await RunAsync(["acl", "test", "--file", acl, bad]);
        Assert.Equal(ExitCode.BadConfiguration, badCode);
        Assert.Equal([1, 2, 3, 4, 5, 6], error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[bad.Length + 1] - '0'));
        Assert.Contains("did you mean deny?", error, StringComparison.Ordinal);
        Assert.Contains("did you mean publish?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_tells_who_could_do_more_or_less()
    {
        string old = _folder.Write("old", "user a\n allow subscribe t/#\neveryone\n allow publish p qos<=1\n");
        string @new = _folder.Write("new", "user a\n allow subscribe t/#\n deny receive t/x\nuser b*\n allow will w\neveryone\n allow publish p\n");

        (int code, string output, _) = await RunAsync(["acl", "diff", old, @new]);

        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"- user a: receive t/x ({"denied by"} {@new}:3: deny receive t/x)", lines);
        Assert.Contains($"+ user b*: will w (allowed by {@new}:5: allow will w)", lines);
        Assert.Contains(lines, line => line.StartsWith("+ anonymous: publish p [qos=2 ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("user a: subscribe", StringComparison.Ordinal));
        Assert.Equal((ExitCode.Success, "Nothing changes for anybody"), await RunAsync(["acl", "diff", old, old]) is var (same, text, _) ? (same, text.Trim()) : default);
    }

    [Fact]
    public async Task Import_rewrites_what_can_be_said_and_names_the_rest()
    {
        string source = _folder.Write("acl_file", """
            # anonymous
            topic read $SYS/#
            topic public/a b

            user roger
            topic readwrite foo/bar
            topic write  up
            topic deny foo/secret
            pattern write sensor/%u/data
            pattern read $SYS/broker/connection/%c/state
            pattern read x-%u/data
            nonsense
            """);

        (int code, string output, string error) = await RunAsync(["acl", "import", source]);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal([11, 12], error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(
            """
            anonymous
              allow subscribe $SYS/#
              allow publish,subscribe "public/a b"

            everyone
              allow publish sensor/{principal}/data
              allow subscribe $SYS/broker/connection/{clientid}/state

            user roger
              allow publish,subscribe foo/bar
              allow publish up
              deny * foo/secret
            """.ReplaceLineEndings("\n"),
            output.ReplaceLineEndings("\n").Split("\n\n", 2)[1].TrimEnd());
        RuleCase.Read(output);
    }

    [Fact]
    public async Task Import_quotes_names_that_would_mean_something_else()
    {
        string source = _folder.Write("acl_file", "user bob*x\ntopic read a/#\nuser c=d\ntopic read b*/c=d\n");

        (int code, string output, _) = await RunAsync(["acl", "import", source]);

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("user \"bob*x\"", output, StringComparison.Ordinal);
        Assert.Contains("user \"c=d\"", output, StringComparison.Ordinal);
        RuleCase.Read(output);
    }

    [Fact]
    public async Task Import_leaves_out_lines_with_control_characters_which_nobody_could_read_again()
    {
        string source = _folder.Write("acl_file", "user bob\ntopic write a/\u0001b\ntopic read a/#\nuser ev\u0085il\n");

        (int code, string output, string error) = await RunAsync(["acl", "import", source]);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal([2, 4], error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)));
        RuleCase.Read(output);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await OperatorCommands.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
