namespace Broker.Host;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    /// <summary>Stopped in order.</summary>
    public const int Success = 0;

    /// <summary>An endpoint could not be opened, or stopping failed.</summary>
    public const int Failed = 1;

    /// <summary>The configuration has faults; nothing was opened.</summary>
    public const int BadConfiguration = 2;
}
