using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>CONNACK: it leaves when the session is safe; until then nothing is read from the client.</summary>
internal sealed class PendingAccept(ClientConnection connection, ConnectRequest request, AttachResult attached, byte[] authenticationData) : ICommitWaiter
{
    /// <summary>Sends it.</summary>
    public void Send(WakeBatch batch) =>
        Welcome.Accept(
            connection, attached.Session!, // only who got one is accepted
            request.Answer(connection.Facts, connection.Limits, attached.IsPresent, authenticationData), request, attached.IsPresent, batch);

    void ICommitWaiter.Committed()
    {
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            Send(batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }

        connection.Resume();
    }
}
