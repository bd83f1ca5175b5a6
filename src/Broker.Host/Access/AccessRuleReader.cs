using Broker.Core.Security.Access;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>
/// Reads access rules, one a line: headings (<c>role</c>, <c>user</c>, <c>anonymous</c>, <c>everyone</c>), and below each its rules
/// (<c>allow</c>, <c>deny</c>). Every fault is found, with its line; rules with faults are not to be used.
/// </summary>
/// <param name="name">The file's name, for faults and explanations.</param>
/// <param name="listeners">The endpoints that there are; null: not known.</param>
/// <param name="faults">Takes the faults.</param>
internal sealed class AccessRuleReader(string name, IReadOnlyCollection<string>? listeners, List<ConfigurationFault> faults)
{
    private readonly Dictionary<string, (AccessRole Role, List<AccessRule> Rules)> _roles = new(StringComparer.Ordinal);
    private readonly List<(AccessGrant Grant, string[] Roles, string Line)> _grants = [];
    private List<AccessRule>? _rules; // those of the heading above
    private string _line = "";
    private int _ruleCount;

    /// <summary>Reads all lines; where there was a fault, the result is good for nothing.</summary>
    public AccessRules Read(string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            _line = $"{name}:{++number}";
            ReadLine(line.TrimEnd('\r'));
        }

        if (_ruleCount == 0 && faults.Count == 0)
        {
            faults.Add(new(name, null, "has no rule, so that nobody could do anything; a rule is, for example: everyone, and on the next line: allow subscribe public/#"));
        }

        return new AccessRules([.. _grants.Select(Resolve)]);
    }

    private void ReadLine(string line)
    {
        if (line.Any(letter => char.IsControl(letter) && letter != '\t'))
        {
            Fault("has a control character");
            return;
        }

        List<AccessToken> tokens = AccessToken.Split(line, out string? fault);
        if (tokens.Count == 0 || tokens[0].IsComment) return;
        if (fault is not null)
        {
            Fault(fault);
            return;
        }

        switch (tokens[0].Text)
        {
            case "role":
                ReadRole(tokens);
                break;
            case "user":
                ReadUser(tokens);
                break;
            case "anonymous":
                AddGrant(AccessWho.Anonymous, "", "anonymous", tokens[1..]);
                break;
            case "everyone":
                AddGrant(AccessWho.Everyone, "", "everyone", tokens[1..]);
                break;
            case "allow" or "deny":
                ReadRule(tokens);
                break;
            default:
                Fault($"'{tokens[0].Text}' begins no line; {AccessWords.Meant(tokens[0].Text, AccessWords.Beginnings)}");
                break;
        }
    }

    private void ReadRole(List<AccessToken> tokens)
    {
        _rules = []; // what follows belongs to it, even if its name is wrong
        if (tokens.Count < 2 || tokens[1].IsComment)
        {
            Fault("a role needs a name: role sensor");
            return;
        }

        string role = tokens[1].Text;
        if (!role.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')) Fault($"'{role}' is not a name for a role: letters, digits, - _ and . are allowed");
        if (tokens.Count > 2 && !tokens[2].IsComment) Fault($"'{tokens[2].Text}' is too much: a role has a name only; who has it is said by user, anonymous or everyone with roles={role}");
        if (!_roles.TryAdd(role, (new AccessRole(role, _rules), _rules))) Fault($"role '{role}' is there twice; put its rules together");
    }

    private void ReadUser(List<AccessToken> tokens)
    {
        if (tokens.Count < 2 || tokens[1].IsComment)
        {
            _rules = [];
            Fault("user needs a name: user alice, user dev-* for all whose names begin so, user * for everybody who is authenticated");
            return;
        }

        AccessToken who = tokens[1];
        bool isPrefix = !who.IsQuoted && who.Text.EndsWith('*');
        string user = isPrefix ? who.Text[..^1] : who.Text;
        if (user.Contains('=', StringComparison.Ordinal) && !who.IsQuoted) Fault($"'{who.Text}' looks like a condition, but the name of a user is wanted here; put it in quotes if it is one");
        if (user.Contains('*', StringComparison.Ordinal) && !who.IsQuoted) Fault($"'{who.Text}' is not allowed: * stands at the end of a name only; put the name in quotes if it has one");
        AddGrant(isPrefix ? AccessWho.UsersThatBeginWith : AccessWho.User, user, $"user {AccessToken.Quote(who.Text)}", tokens[2..]);
    }

    private void AddGrant(AccessWho who, string user, string heading, List<AccessToken> rest)
    {
        _rules = [];
        var reader = new AccessConditionReader(AccessWords.GrantConditions, listeners, Fault);
        AccessConditions conditions = reader.Read(rest.TakeWhile(token => !token.IsComment));
        var own = new AccessRole(heading, _rules);
        _grants.Add((new AccessGrant(who, user, [own]) { Conditions = conditions, Method = reader.Method }, reader.Roles, _line));
    }

    private void ReadRule(List<AccessToken> tokens)
    {
        if (_rules is null) Fault("a rule belongs below a heading that says whose it is: role, user, anonymous or everyone");
        if (tokens.Count < 3)
        {
            Fault($"a rule is: {tokens[0].Text} <actions> <topic filter> [conditions], for example: {tokens[0].Text} publish site/+/up/#");
            return;
        }

        AccessActions actions = ReadActions(tokens[1].Text, out string? shareName);
        string filter = tokens[2].Text;
        if (AccessFilters.Check(filter) is { } wrong) Fault(wrong);
        AccessConditions conditions = new AccessConditionReader(AccessWords.RuleConditions, listeners, Fault).Read(tokens.Skip(3).TakeWhile(token => !token.IsComment));
        CheckRetain(actions, conditions);
        AccessEffect effect = tokens[0].Text == "allow" ? AccessEffect.Allow : AccessEffect.Deny;
        _rules?.Add(new AccessRule(effect, actions, filter, _line) { ShareName = shareName, Conditions = conditions });
        _ruleCount++;
    }

    private void CheckRetain(AccessActions actions, AccessConditions conditions)
    {
        const AccessActions WithoutFlag = AccessActions.Subscribe | AccessActions.Share;
        if (conditions.Retain is null || actions == AccessActions.All) return;
        if ((actions & WithoutFlag) != 0) Fault("retain does not go with subscribe and share, which have no such flag; write receive, publish or will");
        if ((actions & AccessActions.Retain) != 0 && conditions.Retain == false) Fault("retain=no does not go with the action retain, which is about that flag; write publish");
    }

    private AccessActions ReadActions(string text, out string? shareName)
    {
        AccessActions actions = AccessActions.None;
        shareName = null;
        foreach (string word in text.Split(','))
        {
            string action = word;
            if (word.StartsWith("share(", StringComparison.Ordinal) && word.EndsWith(')'))
            {
                if (shareName is not null) Fault("one rule names one group; write another rule for the other");
                shareName = word[6..^1];
                if (shareName.Length == 0 || shareName.AsSpan().ContainsAny("/+#")) Fault($"'{shareName}' is not the name of a group");
                action = "share";
            }

            int index = Array.FindIndex(AccessWords.Actions, known => known.Word == action);
            if (index < 0) Fault($"'{word}' is not an action; {AccessWords.Meant(word, AccessWords.ActionWords)}");
            else actions |= AccessWords.Actions[index].Action;
        }

        if (actions == AccessActions.All && shareName is not null) Fault("* covers every group; leave share out, or name the other actions");
        return actions;
    }

    private AccessGrant Resolve((AccessGrant Grant, string[] Roles, string Line) entry)
    {
        List<AccessRole> roles = [.. entry.Grant.Roles.Where(own => own.Rules.Count > 0)];
        foreach (string role in entry.Roles)
        {
            if (_roles.TryGetValue(role, out (AccessRole Role, List<AccessRule> Rules) known)) roles.Add(known.Role);
            else faults.Add(new(entry.Line, null, $"there is no role '{role}'; {AccessWords.Meant(role, _roles.Keys)}"));
        }

        return entry.Grant with { Roles = roles };
    }

    private void Fault(string message) => faults.Add(new(_line, null, message));
}
