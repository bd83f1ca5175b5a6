using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>A connection drains again when what it holds back is safe.</summary>
internal sealed class PendingWake(ClientConnection connection) : ICommitWaiter
{
    void ICommitWaiter.Committed()
    {
        WakeBatch batch = WakeBatch.Rent();
        connection.MarkWaiting(batch);
        batch.WakeAndReturn();
    }
}
