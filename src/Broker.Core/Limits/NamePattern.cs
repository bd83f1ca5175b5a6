namespace Broker.Core.Limits;

/// <summary>A name, or the beginning of names with <c>*</c> behind it.</summary>
internal static class NamePattern
{
    /// <summary>Whether a name is meant; nobody who has none is.</summary>
    public static bool Matches(string pattern, string name) =>
        name.Length > 0 && (pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == name);
}
