namespace Broker.Core.Sessions;

/// <summary>What became of one filter of a SUBSCRIBE.</summary>
internal enum SubscribeOutcome
{
    /// <summary>The session has a new subscription.</summary>
    Added,

    /// <summary>The session had it; its options changed.</summary>
    Changed,

    /// <summary>The session has as many subscriptions as it may.</summary>
    TooMany,

    /// <summary>The session is over: another connection of the same client began afresh.</summary>
    SessionEnded,
}
