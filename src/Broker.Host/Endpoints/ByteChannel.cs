using Broker.Core.Security;

namespace Broker.Host.Endpoints;

/// <summary>
/// A two-way stream of bytes with whatever is needed around it (TLS records, WebSocket frames); <see cref="ChannelConnection"/>
/// pumps it.
/// </summary>
/// <remarks>
/// One receives and one sends at a time; <see cref="Abort"/> is for any thread. A broken peer shows as an
/// <see cref="IOException"/>, <see cref="System.Net.WebSockets.WebSocketException"/> or one of their kind.
/// </remarks>
internal abstract class ByteChannel : IDisposable
{
    /// <summary>Makes it ready: handshake, upgrade.</summary>
    public abstract Task OpenAsync();

    /// <summary>Who the peer is by its certificate, once the channel is open; null where it showed none.</summary>
    public virtual ProvenIdentity? Proven => null;

    /// <summary>Receives what there is, at least a byte; 0 when the peer has closed its side. An empty buffer only waits.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of it.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the peer that nothing more comes.</summary>
    public abstract Task FinishAsync();

    /// <summary>From now on little may wait in the system for the peer: see <see cref="Core.Connections.ITransport.KeepUnsentShort"/>. Any thread.</summary>
    public abstract void KeepUnsentShort();

    /// <summary>Makes everything that is under way fail soon. Never blocks, never throws.</summary>
    public abstract void Abort();

    /// <inheritdoc/>
    public abstract void Dispose();
}
