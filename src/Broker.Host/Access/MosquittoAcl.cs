using System.Text;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>Rewrites Mosquitto's <c>acl_file</c> as access rules.</summary>
/// <param name="name">The file's name.</param>
/// <param name="faults">Takes the lines that cannot be said in access rules.</param>
internal sealed class MosquittoAcl(string name, List<ConfigurationFault> faults)
{
    private readonly List<string> _anonymous = [];
    private readonly List<string> _everyone = []; // patterns hold for all, wherever they stand
    private readonly List<(string User, List<string> Rules)> _users = [];

    /// <summary>The rules as text; lines with faults are left out.</summary>
    public string Rewrite(string text)
    {
        List<string> rules = _anonymous;
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            string origin = $"{name}:{++number}";
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.Any(letter => char.IsControl(letter) && letter != '\t'))
            {
                faults.Add(new(origin, null, "has a control character, which access rules cannot have; the line is left out"));
                continue;
            }

            (string word, string rest) = Cut(line);
            switch (word)
            {
                case "user" when rest.Length > 0:
                    rules = RulesOf(rest);
                    break;
                case "topic" when rest.Length > 0:
                    Add(rules, rest, isPattern: false, origin);
                    break;
                case "pattern" when rest.Length > 0:
                    Add(_everyone, rest, isPattern: true, origin);
                    break;
                default:
                    faults.Add(new(origin, null, $"'{line}' is not a line of an acl_file: user, topic or pattern, and what it is about"));
                    break;
            }
        }

        var output = new StringBuilder();
        output.Append("# From ").Append(Path.GetFileName(name)).Append(".\n# Mosquitto lets everybody subscribe to everything and withholds messages; here a subscription needs all of its topics.\n");
        Write(output, "anonymous", _anonymous);
        Write(output, "everyone", _everyone);
        foreach ((string user, List<string> own) in _users) Write(output, $"user {AccessToken.Quote(user)}", own);
        return output.ToString();
    }

    private List<string> RulesOf(string user)
    {
        foreach ((string known, List<string> rules) in _users)
        {
            if (known == user) return rules;
        }

        _users.Add((user, []));
        return _users[^1].Rules;
    }

    private void Add(List<string> rules, string rest, bool isPattern, string origin)
    {
        (string access, string filter) = Cut(rest);
        string? rule = access switch
        {
            "read" => "allow subscribe",
            "write" => "allow publish",
            "readwrite" => "allow publish,subscribe",
            "deny" => "deny *",
            _ => null,
        };
        if (rule is null || filter.Length == 0) (rule, filter) = ("allow publish,subscribe", rest); // without a word for the access it is all topic
        if (isPattern)
        {
            string[] levels = [.. filter.Split('/').Select(level => level switch { "%c" => "{clientid}", "%u" => "{principal}", _ => level })];
            if (levels.FirstOrDefault(level => level.Contains("%c", StringComparison.Ordinal) || level.Contains("%u", StringComparison.Ordinal)) is { } mixed)
            {
                faults.Add(new(origin, null, $"'{mixed}' cannot be said: here a variable fills a whole level; the line is left out"));
                return;
            }

            filter = string.Join('/', levels);
        }

        if (AccessFilters.Check(filter) is { } wrong) faults.Add(new(origin, null, $"{wrong}; the line is left out"));
        else rules.Add($"  {rule} {AccessToken.Quote(filter)}");
    }

    private static void Write(StringBuilder output, string heading, List<string> rules)
    {
        if (rules.Count == 0) return;
        output.Append('\n').Append(heading).Append('\n');
        foreach (string rule in rules) output.Append(rule).Append('\n');
    }

    private static (string Word, string Others) Cut(string text)
    {
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text, "") : (text[..end], text[end..].Trim());
    }
}
