namespace Broker.Host.Audit;

/// <summary>Where the audit log may be written to.</summary>
internal static class AuditPath
{
    /// <summary>The word for the standard output.</summary>
    public const string StandardOutput = "stdout";

    /// <summary>What is wrong with a path, or null.</summary>
    public static string? Check(string path)
    {
        if (path is "" or StandardOutput) return null;
        try
        {
            using var file = new AuditFile(path, long.MaxValue, 1);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"'{path}' cannot be written: {e.Message}";
        }
    }
}
