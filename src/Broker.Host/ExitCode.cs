namespace Broker.Host;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    /// <summary>Stopped in order.</summary>
    public const int Success = 0;

    /// <summary>An endpoint could not be opened.</summary>
    public const int CannotStart = 1;

    /// <summary>The configuration has faults; nothing was opened.</summary>
    public const int BadConfiguration = 2;
}
