namespace Broker.Storage;

/// <summary>Whether the store takes what it is given.</summary>
public enum StoreState
{
    /// <summary>It does.</summary>
    Open,

    /// <summary>The disk has less room than it must keep: publications are refused, everything else goes on.</summary>
    Full,

    /// <summary>A write or sync failed: nothing is acknowledged any more, and the broker has to be started again.</summary>
    Failed,
}
