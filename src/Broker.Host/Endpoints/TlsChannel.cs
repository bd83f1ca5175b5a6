using System.Net.Security;
using System.Net.Sockets;
using Broker.Core.Security;

namespace Broker.Host.Endpoints;

/// <summary>TLS over a TCP socket.</summary>
internal sealed class TlsChannel : ByteChannel
{
    private readonly Socket _socket;
    private readonly TlsHandshake _handshake;
    private readonly TlsSocketStream _inner;
    private readonly SslStream _stream;
    private ProvenIdentity? _proven;

    /// <summary>Takes the socket over.</summary>
    public TlsChannel(Socket socket, TlsHandshake handshake)
    {
        socket.Blocking = true; // as streams want it; nothing is called that would block
        _socket = socket;
        _handshake = handshake;
        _inner = new TlsSocketStream(socket);
        _stream = new SslStream(_inner);
    }

    /// <inheritdoc/>
    public override ProvenIdentity? Proven => _proven;

    /// <inheritdoc/>
    public override async Task OpenAsync()
    {
        _proven = await _handshake.RunAsync(_stream, SocketTuning.Readable(_socket.RemoteEndPoint));
        _inner.IsHandshaking = false;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    /// <inheritdoc/>
    public override async Task FinishAsync()
    {
        await _stream.ShutdownAsync();
        SocketTuning.TryShutdown(_socket, SocketShutdown.Send);
    }

    /// <inheritdoc/>
    public override void KeepUnsentShort() => SocketTuning.TryKeepUnsentShort(_socket);

    /// <inheritdoc/>
    public override void Abort() => SocketTuning.TryShutdown(_socket, SocketShutdown.Both);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
