namespace Broker.Core.Polling;

/// <summary>What became of a poll.</summary>
public enum PollStatus
{
    /// <summary>Done; where a value was asked for, it is there.</summary>
    Ok,

    /// <summary>The value is one that the caller has.</summary>
    NotModified,

    /// <summary>No value of the topic is known: it was never published, was removed, has expired, or was forgotten at a bound.</summary>
    Unknown,

    /// <summary>The topic name is not valid.</summary>
    InvalidTopic,

    /// <summary>The topic filter is not valid, or is one that polling has no use for (<c>$share/</c>, <c>$changes/</c>).</summary>
    InvalidFilter,

    /// <summary>The cursor is none that this broker gave.</summary>
    InvalidCursor,

    /// <summary>The caller may not do this.</summary>
    NotAuthorized,

    /// <summary>The payload is larger than <see cref="Limits.BrokerLimits.PacketBytes"/>.</summary>
    TooLarge,

    /// <summary>A bound would be passed: retained messages, or a subscriber's queue where the policy is to refuse. Nobody got it.</summary>
    QuotaExceeded,

    /// <summary>Too many polls wait already.</summary>
    TooManyWaiting,

    /// <summary>Nobody subscribes to the topic of the request.</summary>
    NoSubscribers,

    /// <summary>No response came in time.</summary>
    TimedOut,

    /// <summary>The broker stops.</summary>
    Stopping,
}
