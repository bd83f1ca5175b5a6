using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Broker.LoadTests.Wire;

/// <summary>The HTTP connection of one consumer. Its requests carry what they must and nothing else, which is the best case for polling.</summary>
public sealed class HttpPoller : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly bool _close;

    /// <param name="address">The broker's HTTP endpoint.</param>
    /// <param name="close">Whether every request opens a connection of its own and ends it.</param>
    /// <param name="connections">Connections at the same time.</param>
    public HttpPoller(Uri address, bool close, int connections = 1)
    {
        _close = close;
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = connections,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation);
                    return new MeteredStream(socket, Ledger);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _client = new HttpClient(_handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public WireLedger Ledger { get; } = new();

    /// <summary>Gets a path; 200 and 304 are answers, everything else is an error.</summary>
    public async Task<HttpAnswer> GetAsync(string path, EntityTagHeaderValue? known, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (known is not null) request.Headers.IfNoneMatch.Add(known);
        if (_close) request.Headers.ConnectionClose = true;
        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        byte[] body = response.StatusCode == HttpStatusCode.NotModified ? [] : await response.Content.ReadAsByteArrayAsync(cancellation);
        string? cursor = response.Headers.TryGetValues("Topics-Cursor", out IEnumerable<string>? values) ? values.First() : null;
        return new HttpAnswer((int)response.StatusCode, body, response.Headers.ETag, cursor);
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }
}
