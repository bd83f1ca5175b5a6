using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Host.Endpoints;

/// <summary>Makes Kestrel serve the sockets that are bound already, and nothing else.</summary>
internal static class KestrelSetup
{
    // Where a connection keeps its place among the handshakes.
    private static readonly object _place = new();

    /// <summary>Configures it.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="endpoints">The HTTP endpoints.</param>
    /// <param name="maxConnections">HTTP connections at the same time; WebSockets count with the broker's clients.</param>
    /// <param name="headerTimeout">How long a client may take to ask.</param>
    public static void Configure(WebApplicationBuilder builder, IReadOnlyList<BoundEndpoint> endpoints, int maxConnections, TimeSpan headerTimeout)
    {
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.Backlog = SocketTuning.Backlog;
            options.MaxWriteBufferSize = SocketTuning.UnsentBytes; // beside what the system holds: WebSockets of change-only clients must not run ahead
            options.CreateBoundListenSocket = address => Listen(endpoints, address);
        });
        var http2 = new HandedOverConnections();
        builder.Services.AddSingleton<IConnectionListenerFactory>(http2);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var tls = kestrel.ApplicationServices.GetRequiredService<TlsEndpoints>();
            var preface = new Http2Preface(http2, kestrel.Limits.KeepAliveTimeout);
            kestrel.Listen(http2.EndPoint, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = maxConnections;
            kestrel.Limits.RequestHeadersTimeout = headerTimeout;
            foreach (BoundEndpoint endpoint in endpoints)
            {
                foreach (IPEndPoint address in endpoint.LocalEndPoints) kestrel.Listen(address, listen => Configure(listen, tls.Of(endpoint.Endpoint.Name), preface));
            }
        });
    }

    // Kestrel listens by itself, too, which changes nothing; here a failure can still be told with its endpoint's name.
    private static Socket Listen(IReadOnlyList<BoundEndpoint> endpoints, EndPoint address)
    {
        BoundEndpoint bound = endpoints.First(endpoint => endpoint.LocalEndPoints.Contains(address));
        Socket listener = bound.Sockets.First(socket => address.Equals(socket.LocalEndPoint));
        bound.Listen(listener);
        return listener;
    }

    private static void Configure(ListenOptions listen, TlsHandshake? tls, Http2Preface preface)
    {
        if (tls is null)
        {
            listen.Protocols = HttpProtocols.Http1; // HTTP/2 needs TLS to be agreed upon, or a client that knows
            listen.Use(http1 => connection => preface.HandleAsync(connection, http1));
            return;
        }

        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(next => connection => EnterAsync(connection, tls, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(tls.Options), HandshakeTimeout = tls.Patience });
        listen.Use(next => connection =>
        {
            (connection.Items[_place] as IDisposable)?.Dispose(); // the handshake is over
            return next(connection);
        });
    }

    private static async Task EnterAsync(ConnectionContext connection, TlsHandshake tls, ConnectionDelegate next)
    {
        using IDisposable? place = await tls.EnterAsync(SocketTuning.Readable(connection.RemoteEndPoint));
        if (place is null) return; // no room in time: the connection ends
        connection.Items[_place] = place;
        await next(connection);
    }
}
