namespace Broker.Host.Endpoints;

/// <summary>An event loop as somebody sees it who wants to know whether it gets on.</summary>
/// <remarks>Threading: any. Both are snapshots.</remarks>
internal interface ILoopTurns
{
    /// <summary>Turns that it began.</summary>
    long Turns { get; }

    /// <summary>Whether it has nothing to do.</summary>
    bool IsAsleep { get; }
}
