namespace Broker.Core.Sessions;

/// <summary>Whose values wait: a session, or a shared group.</summary>
internal interface IChangeOwner
{
    /// <summary>The minimum interval of a value that waits is over. Takes the owner's lock; called without any.</summary>
    void ReleaseHeld(WaitingChange change);
}
