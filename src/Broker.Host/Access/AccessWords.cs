using Broker.Core.Security.Access;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>The words of the language of access rules, and the nearest of them to one that is none.</summary>
internal static class AccessWords
{
    /// <summary>What a line may begin with.</summary>
    public static readonly string[] Beginnings = ["role", "user", "anonymous", "everyone", "allow", "deny"];

    /// <summary>The actions.</summary>
    public static readonly (string Word, AccessActions Action)[] Actions =
    [
        ("publish", AccessActions.Publish), ("subscribe", AccessActions.Subscribe), ("receive", AccessActions.Receive),
        ("share", AccessActions.Share), ("will", AccessActions.Will), ("retain", AccessActions.Retain), ("*", AccessActions.All),
    ];

    /// <summary>Their names, without the one for all.</summary>
    public static readonly string[] ActionWords = [.. Actions.Where(known => known.Action != AccessActions.All).Select(known => known.Word)];

    /// <summary>The conditions of a rule.</summary>
    public static readonly string[] RuleConditions = ["qos", "retain", "listener", "address", "tls"];

    /// <summary>What may follow a user's name.</summary>
    public static readonly string[] GrantConditions = ["roles", "method", "listener", "address", "tls"];

    /// <summary>"did you mean ...?", or what is allowed.</summary>
    public static string Meant(string word, IReadOnlyCollection<string> allowed)
    {
        if (Spelling.Nearest(word, allowed) is { } nearest) return $"did you mean {nearest}?";
        return allowed.Count == 0 ? "there is none" : $"allowed is {string.Join(", ", allowed)}";
    }
}
