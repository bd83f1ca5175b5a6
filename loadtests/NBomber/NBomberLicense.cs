namespace Broker.LoadTests.NBomber;

/// <summary>The licence key that an organisation has to have.</summary>
public static class NBomberLicense
{
    private const string Option = "--license";

    /// <summary>Takes the key out of the arguments; the rest is the command line.</summary>
    public static (string? Key, string[] Others) Take(IReadOnlyList<string> arguments, string? otherwise)
    {
        string? key = otherwise;
        var rest = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].StartsWith(Option + "=", StringComparison.Ordinal)) key = arguments[i][(Option.Length + 1)..];
            else if (arguments[i] == Option && i + 1 < arguments.Count) key = arguments[++i];
            else rest.Add(arguments[i]);
        }

        return (key, [.. rest]);
    }
}
