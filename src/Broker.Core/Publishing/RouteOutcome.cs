using Broker.Core.Protocol;

namespace Broker.Core.Publishing;

/// <summary>What became of a publication.</summary>
internal enum RouteOutcome
{
    /// <summary>It was accepted, and somebody subscribes.</summary>
    Accepted,

    /// <summary>It was accepted, and nobody subscribes.</summary>
    NoSubscribers,

    /// <summary>The publisher may not publish to this topic. Nobody got it.</summary>
    NotAuthorized,

    /// <summary>A bound would be passed: retained messages, or a subscriber's queue where the policy is to refuse. Nobody got it.</summary>
    QuotaExceeded,
}

/// <summary>Outcomes on the wire.</summary>
internal static class RouteOutcomes
{
    /// <summary>The reason code of PUBACK or PUBREC.</summary>
    public static ReasonCode ToReasonCode(this RouteOutcome outcome) => outcome switch
    {
        RouteOutcome.Accepted => ReasonCode.Success,
        RouteOutcome.NoSubscribers => ReasonCode.NoMatchingSubscribers,
        RouteOutcome.NotAuthorized => ReasonCode.NotAuthorized,
        _ => ReasonCode.QuotaExceeded,
    };
}
