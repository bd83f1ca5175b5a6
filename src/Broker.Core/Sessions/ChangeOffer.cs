namespace Broker.Core.Sessions;

/// <summary>What became of a change that was offered to a session.</summary>
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

    /// <summary>It is not a change for this subscription.</summary>
    Unchanged,
}
