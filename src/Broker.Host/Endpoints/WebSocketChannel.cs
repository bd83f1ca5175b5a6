using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Broker.Host.Endpoints;

/// <summary>A WebSocket that carries MQTT in binary messages; their borders mean nothing [MQTT-6.0.0-2].</summary>
internal sealed class WebSocketChannel(HttpContext context, string subProtocol, HttpEndpoint endpoint) : ByteChannel
{
    // A peer that says good-bye and does not read the answer is not waited for.
    private static readonly TimeSpan _closeTime = TimeSpan.FromSeconds(1);

    private WebSocket? _socket;

    /// <inheritdoc/>
    public override async Task OpenAsync()
    {
        // The broker has the connection by now: who closes the endpoint either finds it there, or is seen here.
        if (endpoint.IsClosed) throw new ChannelProtocolException("The endpoint closes");
        _socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = subProtocol,

            // MQTT's keep alive does the same, without a timer for each connection; and what is compressed could burst.
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
            DangerousEnableCompression = false,
        });
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result = await _socket!.ReceiveAsync(buffer, CancellationToken.None); // opened first
            if (result.MessageType == WebSocketMessageType.Close) return await AnswerCloseAsync();
            if (result.MessageType == WebSocketMessageType.Text) await RefuseTextAsync();
            if (result.Count > 0 || buffer.IsEmpty) return result.Count;

            // An empty message is no end.
        }
    }

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) =>
        _socket!.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    /// <inheritdoc/>
    public override Task FinishAsync() => _socket!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    /// <inheritdoc/>
    public override void KeepUnsentShort()
    {
        // Streams of one HTTP/2 connection share its socket, and the bound; none of them is owed what waits there.
        if (context.Features.Get<IConnectionSocketFeature>() is { } connection) SocketTuning.TryKeepUnsentShort(connection.Socket);
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        if (_socket?.State == WebSocketState.Closed) return;
        _socket?.Abort();
        context.Abort();
    }

    /// <inheritdoc/>
    public override void Dispose() => _socket?.Dispose();

    // A close frame is answered with one (RFC 6455, 5.5.1), unless ours was first.
    private async Task<int> AnswerCloseAsync()
    {
        if (_socket!.State != WebSocketState.CloseReceived) return 0;
        using var patience = new CancellationTokenSource(_closeTime);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        return 0;
    }

    // MQTT control packets must travel in binary frames. [MQTT-6.0.0-1]
    private async Task RefuseTextAsync()
    {
        const string Reason = "MQTT needs binary frames";
        using var patience = new CancellationTokenSource(_closeTime);
        await _socket!.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, Reason, patience.Token);

        // Until the peer has read it; to hang up at once could take the answer away from it.
        byte[] rest = new byte[4_096];
        while ((await _socket.ReceiveAsync(rest.AsMemory(), patience.Token)).MessageType != WebSocketMessageType.Close) continue;
        throw new ChannelProtocolException(Reason);
    }
}
