using Broker.Core.Messages;

namespace Broker.Core.Sessions;

/// <summary>What a session knows of the connection that it is attached to.</summary>
internal interface ISessionConnection
{
    /// <summary>How a PUBLISH is written for this client. Used by whoever drains the session, under the session's gate.</summary>
    PublishWriter PublishWriter { get; }

    /// <summary>Notes that something waits; true for the first since the last drain, whose caller must wake the connection.</summary>
    bool TryMarkWaiting();

    /// <summary>Asks the transport to drain. No lock may be held.</summary>
    void Wake();
}
