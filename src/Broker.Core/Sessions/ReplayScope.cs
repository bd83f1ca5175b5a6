namespace Broker.Core.Sessions;

/// <summary>Which last values a replay sends.</summary>
internal enum ReplayScope
{
    /// <summary>Those of all topics.</summary>
    All,

    /// <summary>Those that may have been lost with an earlier connection.</summary>
    Lost,
}
