using System.Globalization;
using System.Net;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>
/// A file of expectations about rules, one a line: <c>allow dev-17 publish site/dev-17/up/temp qos=1</c>, <c>deny anonymous subscribe #</c>.
/// </summary>
/// <param name="name">The file's name.</param>
/// <param name="faults">Takes what is wrong with its lines.</param>
internal sealed class AccessTests(string name, List<ConfigurationFault> faults)
{
    private static readonly string[] _keys = ["client", "method", "listener", "address", "tls", "qos", "retain", "share"];

    /// <summary>Reads it: what is asked on which line, and whether it is to be allowed.</summary>
    public List<(string Line, bool IsAllowed, AccessQuestion Question)> Read(string text)
    {
        List<(string, bool, AccessQuestion)> tests = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            string origin = $"{name}:{++number}";
            List<AccessToken> tokens = AccessToken.Split(line.TrimEnd('\r'), out string? fault);
            if (tokens.Count == 0 || tokens[0].IsComment) continue;
            if (fault is null && Read(tokens, out fault) is { } question) tests.Add((origin, tokens[0].Text == "allow", question));
            if (fault is not null) faults.Add(new(origin, null, fault));
        }

        return tests;
    }

    private static AccessQuestion? Read(List<AccessToken> tokens, out string? fault)
    {
        fault = null;
        if (tokens[0].Text is not ("allow" or "deny")) fault = $"'{tokens[0].Text}' is not an expectation; {AccessWords.Meant(tokens[0].Text, ["allow", "deny"])}";
        else if (tokens.Count < 4) fault = $"an expectation is: {tokens[0].Text} <principal or anonymous> <action> <topic> [conditions]";
        else if (!AccessQuestion.Actions.Contains(tokens[2].Text)) fault = $"'{tokens[2].Text}' is not an action; {AccessWords.Meant(tokens[2].Text, AccessQuestion.Actions)}";
        if (fault is not null) return null;
        bool isAnonymous = tokens[1] is { IsQuoted: false, Text: "anonymous" };
        var question = new AccessQuestion { Principal = isAnonymous ? null : tokens[1].Text, Action = tokens[2].Text, Topic = tokens[3].Text };
        fault = question.Check();
        foreach (AccessToken token in tokens.Skip(4).TakeWhile(token => !token.IsComment))
        {
            int at = token.Text.IndexOf('=', StringComparison.Ordinal);
            string key = at < 0 ? token.Text : token.Text[..at];
            if (at < 0 || !_keys.Contains(key)) fault ??= $"'{key}' is not a condition; {AccessWords.Meant(key, _keys)}";
            else if (With(question, key, token.Text[(at + 1)..]) is { } next) question = next;
            else fault ??= $"'{token.Text}' is not allowed";
        }

        return fault is null ? question : null;
    }

    private static AccessQuestion? With(AccessQuestion question, string key, string value) => (key, value) switch
    {
        ("client", _) => question with { ClientId = value },
        ("method", _) => question with { Method = value },
        ("listener", _) => question with { Listener = value },
        ("share", _) => question with { ShareName = value },
        ("address", _) when IPAddress.TryParse(value, out IPAddress? address) => question with { Address = address },
        ("tls", "yes" or "no") => question with { Tls = value == "yes" },
        ("retain", "yes" or "no") => question with { Retain = value == "yes" },
        ("qos", "0" or "1" or "2") => question with { Qos = int.Parse(value, CultureInfo.InvariantCulture) },
        _ => null,
    };
}
