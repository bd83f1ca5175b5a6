using System.Net.Sockets;

namespace Broker.Host.Endpoints;

/// <summary>
/// The socket below TLS. The arithmetic of a handshake takes a millisecond or so: while it lasts, what was received is handed to
/// the thread pool, so that a fleet that connects at once does not hold up the connections that share an event loop.
/// </summary>
internal sealed class TlsSocketStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
{
    /// <summary>Whether the handshake is still under way.</summary>
    public bool IsHandshaking { get; set; } = true;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        IsHandshaking ? ReadOffLoopAsync(buffer, cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadOffLoopAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await base.ReadAsync(buffer, cancellationToken);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return count;
    }
}
