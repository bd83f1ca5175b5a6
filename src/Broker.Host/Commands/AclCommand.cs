using System.CommandLine;
using System.Net;
using Broker.Core.Security.Access;
using Broker.Host.Access;
using Broker.Host.Configuration;

namespace Broker.Host.Commands;

/// <summary><c>acl explain|test|diff|import</c>: questions to access rules, asked without a broker.</summary>
internal static class AclCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("acl", "Answers questions about access rules.");
        command.Subcommands.Add(Explain());
        command.Subcommands.Add(Test());
        command.Subcommands.Add(Diff());
        command.Subcommands.Add(Import());
        return command;
    }

    private static Command Explain()
    {
        Option<string?> file = File();
        var principal = new Option<string?>("--principal") { Description = "The principal's name; without it, an anonymous client" };
        var method = new Option<string>("--method") { Description = "How the principal is authenticated", DefaultValueFactory = _ => "password" };
        var client = new Option<string>("--client") { Description = "The client identifier", DefaultValueFactory = _ => "" };
        var action = new Option<string>("--action") { Description = string.Join(", ", AccessQuestion.Actions), Required = true };
        action.AcceptOnlyFromAmong(AccessQuestion.Actions);
        var topic = new Option<string>("--topic") { Description = "The topic; for subscribe and share, the topic filter", Required = true };
        var qos = new Option<int>("--qos") { Description = "0, 1 or 2" };
        qos.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 2) result.AddError("--qos has to be 0, 1 or 2");
        });
        var retain = new Option<bool>("--retain") { Description = "With the RETAIN flag" };
        var share = new Option<string>("--share") { Description = "The shared group", DefaultValueFactory = _ => "" };
        var listener = new Option<string>("--listener") { Description = "The endpoint that the client is connected to", DefaultValueFactory = _ => "Mqtt" };
        var address = new Option<string>("--address") { Description = "The client's address", DefaultValueFactory = _ => "127.0.0.1" };
        var tls = new Option<bool>("--tls") { Description = "Over an encrypted connection" };
        var command = new Command("explain", "Says whether something is allowed, and which rule decides: exit code 0 if it is, 1 if not.")
        {
            file, principal, method, client, action, topic, qos, retain, share, listener, address, tls,
        };
        command.SetAction(arguments =>
        {
            var question = new AccessQuestion
            {
                Principal = arguments.GetValue(principal),
                Method = arguments.GetRequiredValue(method),
                ClientId = arguments.GetRequiredValue(client),
                Action = arguments.GetRequiredValue(action),
                Topic = arguments.GetRequiredValue(topic),
                Qos = arguments.GetValue(qos),
                Retain = arguments.GetValue(retain),
                ShareName = arguments.GetRequiredValue(share),
                Listener = arguments.GetRequiredValue(listener),
                Tls = arguments.GetValue(tls),
            };
            if (!IPAddress.TryParse(arguments.GetRequiredValue(address), out IPAddress? from)) return Fail(arguments, $"'{arguments.GetValue(address)}' is not an address");
            if (question.Check() is { } fault) return Fail(arguments, fault);
            if (Load(arguments, file) is not { } rules) return ExitCode.BadConfiguration;
            AccessDecision decision = (question with { Address = from }).Ask(rules);
            arguments.InvocationConfiguration.Output.WriteLine(AccessRuleText.Of(decision));
            return decision.IsAllowed ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static Command Test()
    {
        Option<string?> file = File();
        var tests = new Argument<string>("tests") { Description = "A file of expectations: allow dev-17 publish site/dev-17/up/temp qos=1" };
        var command = new Command("test", "Checks rules against expectations: exit code 0 if all hold, 1 if one does not.") { file, tests };
        command.SetAction(arguments =>
        {
            List<ConfigurationFault> faults = [];
            string path = arguments.GetRequiredValue(tests);
            List<(string Line, bool IsAllowed, AccessQuestion Question)> expected = AccessRuleFile.ReadText(path, faults) is { } text ? new AccessTests(path, faults).Read(text) : [];
            if (faults.Count == 0 && expected.Count == 0) faults.Add(new(path, null, "has no expectation; one is: deny anonymous subscribe #"));
            AccessRules? rules = Load(arguments, file);
            if (Report(arguments, faults) || rules is null) return ExitCode.BadConfiguration;
            int failed = 0;
            foreach ((string line, bool isAllowed, AccessQuestion question) in expected)
            {
                AccessDecision decision = question.Ask(rules);
                if (decision.IsAllowed == isAllowed) continue;
                failed++;
                arguments.InvocationConfiguration.Output.WriteLine($"{line}: expected {(isAllowed ? "allow" : "deny")}, but it is {AccessRuleText.Of(decision)}");
            }

            arguments.InvocationConfiguration.Output.WriteLine($"{expected.Count - failed} passed, {failed} failed");
            return failed == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static Command Diff()
    {
        var before = new Argument<string>("old") { Description = "The rules as they are" };
        var after = new Argument<string>("new") { Description = "The rules as they would be" };
        var command = new Command("diff", "Says who could do more (+) or less (-): exit code 0 if nothing changes, 1 if something does.") { before, after };
        command.SetAction(arguments =>
        {
            AccessRules? old = Load(arguments, arguments.GetRequiredValue(before));
            AccessRules? @new = Load(arguments, arguments.GetRequiredValue(after));
            if (old is null || @new is null) return ExitCode.BadConfiguration;
            int count = 0;
            foreach (string line in new AccessDiff(old, @new).Lines())
            {
                count++;
                arguments.InvocationConfiguration.Output.WriteLine(line);
            }

            if (count == 0) arguments.InvocationConfiguration.Output.WriteLine("Nothing changes for anybody");
            return count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static Command Import()
    {
        var source = new Argument<string>("acl_file") { Description = "Mosquitto's acl_file" };
        var command = new Command("import", "Rewrites Mosquitto's acl_file, to the standard output: exit code 1 if some lines could not be.") { source };
        command.SetAction(arguments =>
        {
            List<ConfigurationFault> faults = [];
            string path = arguments.GetRequiredValue(source);
            if (AccessRuleFile.ReadText(path, faults) is { } text) arguments.InvocationConfiguration.Output.Write(new MosquittoAcl(path, faults).Rewrite(text));
            return Report(arguments, faults) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static Option<string?> File() => new("--file") { Description = "The file of access rules; by default that of Broker:Acl:Path" };

    private static AccessRules? Load(ParseResult arguments, Option<string?> file)
    {
        string? path = arguments.GetValue(file) ?? ConfiguredPath();
        if (!string.IsNullOrEmpty(path)) return Load(arguments, path);
        Fail(arguments, "no file of access rules is named: give --file, or set Broker:Acl:Path");
        return null;
    }

    private static AccessRules? Load(ParseResult arguments, string path)
    {
        List<ConfigurationFault> faults = [];
        AccessRules? rules = LoadedAccessRules.Read(path, null, faults)?.Rules;
        return Report(arguments, faults) ? null : rules;
    }

    private static string? ConfiguredPath() =>
        HostConfiguration.Read(CommandLine.Parse([]), Environment.GetEnvironmentVariables(), [AppContext.BaseDirectory, Environment.CurrentDirectory]).Options.Acl.Path;

    private static bool Report(ParseResult arguments, List<ConfigurationFault> faults)
    {
        foreach (ConfigurationFault fault in faults) arguments.InvocationConfiguration.Error.WriteLine(fault);
        return faults.Count > 0;
    }

    private static int Fail(ParseResult arguments, string fault)
    {
        arguments.InvocationConfiguration.Error.WriteLine(fault);
        return ExitCode.BadConfiguration;
    }
}
