namespace Broker.Core.Sessions;

/// <summary>What became of a change that was offered to a subscriber.</summary>
internal enum ChangeOffer
{
    /// <summary>It goes out at once.</summary>
    SendNow,

    /// <summary>It waits, because the client cannot take it or the minimum interval is not over.</summary>
    Waits,

    /// <summary>It took the place of an older value that waited.</summary>
    Replaced,

    /// <summary>It is what the client was sent last, so the value that waited in between was withdrawn.</summary>
    Withdrawn,

    /// <summary>It is not a change for this subscriber.</summary>
    Unchanged,

    /// <summary>It is not kept for an absent client (QoS 0), which gets the topic's value when it is back.</summary>
    Lost,
}

/// <summary>Offers as outcomes.</summary>
internal static class ChangeOffers
{
    /// <summary>What the publisher's side counts.</summary>
    public static DeliverOutcome ToOutcome(this ChangeOffer offer) => offer switch
    {
        ChangeOffer.SendNow or ChangeOffer.Waits => DeliverOutcome.Queued,
        ChangeOffer.Replaced => DeliverOutcome.Conflated,
        ChangeOffer.Lost => DeliverOutcome.Offline,
        ChangeOffer.Withdrawn => DeliverOutcome.Withdrawn,
        _ => DeliverOutcome.Unchanged,
    };
}
