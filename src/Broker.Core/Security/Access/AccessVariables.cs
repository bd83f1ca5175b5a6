using System.Text;

namespace Broker.Core.Security.Access;

/// <summary>The variables of filters: their names, and their values for one subject.</summary>
public static class AccessVariables
{
    internal const int Count = 3;

    /// <summary>How the variables are written.</summary>
    public static IReadOnlyList<string> Names { get; } = ["{clientid}", "{principal}", "{listener}"];

    /// <summary>The variable that a level is, or -1.</summary>
    internal static int Of(string level)
    {
        for (int i = 0; i < Count; i++)
        {
            if (Names[i] == level) return i;
        }

        return -1;
    }

    /// <summary>The values for a subject in the order of <see cref="AccessVariable"/>; null where there is none that is a level.</summary>
    internal static byte[]?[] ValuesFor(AccessSubject subject) =>
        [LevelOf(subject.ClientId), LevelOf(subject.Principal.Name), LevelOf(subject.Connection?.Endpoint)];

    private static byte[]? LevelOf(string? value) =>
        string.IsNullOrEmpty(value) || value.AsSpan().ContainsAny("/+#\0") ? null : Encoding.UTF8.GetBytes(value);
}
