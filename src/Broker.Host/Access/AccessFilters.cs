using System.Text;
using Broker.Core.Security.Access;
using Broker.Core.Topics;

namespace Broker.Host.Access;

/// <summary>Says what is wrong with the topic filter of an access rule.</summary>
internal static class AccessFilters
{
    private const int MostBytes = 65_535;
    private const int MostLevels = 128;

    /// <summary>What is wrong, or null.</summary>
    public static string? Check(string filter)
    {
        foreach (string level in filter.Split('/'))
        {
            if (!level.Contains('{', StringComparison.Ordinal) || AccessVariables.Names.Contains(level)) continue;
            int open = level.IndexOf('{', StringComparison.Ordinal);
            int close = level.IndexOf('}', open);
            if (close < 0) continue; // a brace like any other character
            string variable = level[open..(close + 1)];
            if (AccessVariables.Names.Contains(variable)) return $"'{level}' is not allowed: a variable fills a whole level, such as {variable}";
            return $"'{variable}' is not a variable; {AccessWords.Meant(variable, [.. AccessVariables.Names])}";
        }

        TopicFault fault = TopicFilter.TryParse(Encoding.UTF8.GetBytes(filter), MostBytes, MostLevels, out TopicFilter parsed);
        if (fault == TopicFault.MisplacedWildcard) return $"'{filter}' is not a topic filter: + and # have to fill their levels, and # has to be the last";
        if (fault != TopicFault.None) return $"'{filter}' is not a topic filter: {fault}";
        if (parsed.IsShared) return $"'{filter}' is not allowed: write the filter without $share/, and the action share({Encoding.UTF8.GetString(parsed.Group)})";
        return parsed.IsChangeOnly ? $"'{filter}' is not allowed: write the filter without $changes/; it is asked for as if that were not there" : null;
    }
}
