using System.Net.WebSockets;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.WebSockets;

/// <summary>A WebSocket whose frames the test decides about.</summary>
internal static class RawWebSocket
{
    public static async Task<ClientWebSocket> OpenAsync(Uri http, string? subProtocol = "mqtt", string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (subProtocol is not null) socket.Options.AddSubProtocol(subProtocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new UriBuilder(http) { Scheme = "ws", Path = "/mqtt" }.Uri, Eventually.Deadline());
        return socket;
    }

    /// <summary>The HTTP status that refused it.</summary>
    public static async Task<int> RefusalAsync(Uri http, string? subProtocol = "mqtt", string? origin = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (subProtocol is not null) socket.Options.AddSubProtocol(subProtocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new UriBuilder(http) { Scheme = "ws", Path = "/mqtt" }.Uri, Eventually.Deadline()));
        return (int)socket.HttpStatusCode;
    }

    public static Task SendAsync(this ClientWebSocket socket, byte[] bytes, bool endOfMessage = true) =>
        socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage, Eventually.Deadline());

    /// <summary>Exactly so many bytes, whatever messages they come in; all of them must be binary.</summary>
    public static async Task<byte[]> ReceiveAsync(this ClientWebSocket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(new ArraySegment<byte>(bytes, have, count - have), Eventually.Deadline());
            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            have += result.Count;
        }

        return bytes;
    }

    /// <summary>Reads until the broker closes.</summary>
    public static async Task<WebSocketCloseStatus?> CloseStatusAsync(this ClientWebSocket socket)
    {
        byte[] buffer = new byte[4_096];
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, Eventually.Deadline());
            if (result.MessageType == WebSocketMessageType.Close) return result.CloseStatus;
        }
    }
}
