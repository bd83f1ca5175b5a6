namespace Broker.Host.Endpoints.Epoll;

/// <summary>What any thread may ask of something that a loop owns.</summary>
[Flags]
internal enum LoopRequests
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Watch its descriptor from now on.</summary>
    Watch = 1,

    /// <summary>There is something to send.</summary>
    Drain = 2,

    /// <summary>Reading may go on.</summary>
    Resume = 4,

    /// <summary>It has to go.</summary>
    End = 8,

    /// <summary>Little may wait unsent in the system.</summary>
    KeepUnsentShort = 16,
}
