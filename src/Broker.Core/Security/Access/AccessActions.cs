namespace Broker.Core.Security.Access;

/// <summary>What a rule is about.</summary>
[Flags]
public enum AccessActions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Publishing, retained or not, and leaving a will: it covers <see cref="Retain"/> and <see cref="Will"/>.</summary>
    Publish = 1,

    /// <summary>Publishing with the RETAIN flag, also as a will.</summary>
    Retain = 2,

    /// <summary>Leaving a will, and its publication.</summary>
    Will = 4,

    /// <summary>Subscribing, alone or in a group, and receiving: it covers <see cref="Share"/> and <see cref="Receive"/>.</summary>
    Subscribe = 8,

    /// <summary>Being sent messages: live, retained, queued, shared or polled.</summary>
    Receive = 16,

    /// <summary>Subscribing in a shared group, and receiving through it.</summary>
    Share = 32,

    /// <summary>Everything.</summary>
    All = Publish | Retain | Will | Subscribe | Receive | Share,
}
