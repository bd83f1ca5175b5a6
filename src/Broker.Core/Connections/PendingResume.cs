using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>Reading from a connection goes on when the disk has caught up.</summary>
internal sealed class PendingResume(ClientConnection connection) : ICommitWaiter
{
    void ICommitWaiter.Committed() => connection.Resume();
}
