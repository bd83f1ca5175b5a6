using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Host.Endpoints;

/// <summary>Makes Kestrel serve the connections of <see cref="HttpEndpoints"/>, and nothing else.</summary>
internal static class KestrelSetup
{
    /// <summary>Configures it.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="maxConnections">Connections without TLS at the same time, and as many with it; WebSockets count with the broker's clients.</param>
    /// <param name="headerTimeout">How long a client may take to ask.</param>
    public static void Configure(WebApplicationBuilder builder, int maxConnections, TimeSpan headerTimeout)
    {
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.Backlog = SocketTuning.Backlog;
            options.MaxWriteBufferSize = SocketTuning.UnsentBytes; // beside what the system holds: WebSockets of change-only clients must not run ahead
            options.CreateBoundListenSocket = static address => ((BoundSocketEndPoint)address).Listen(); // it is asked for no others
        });
        builder.Services.AddSingleton<SocketTransportFactory>();
        builder.Services.AddSingleton<HttpEndpoints>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<HttpEndpoints>());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var http = kestrel.ApplicationServices.GetRequiredService<HttpEndpoints>();
            var tls = kestrel.ApplicationServices.GetRequiredService<TlsEndpoints>();
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = maxConnections;
            kestrel.Limits.RequestHeadersTimeout = headerTimeout;
            kestrel.Listen(http.Plain.EndPoint, listen => ConfigurePlain(listen, new Http2Preface(http.Http2, kestrel.Limits.KeepAliveTimeout)));
            kestrel.Listen(http.Encrypted.EndPoint, listen => ConfigureEncrypted(listen, tls.Patience));
            kestrel.Listen(http.Http2.EndPoint, static listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection => Of(connection).RunAsync(connection, next));
            });
        });
    }

    private static void ConfigurePlain(ListenOptions listen, Http2Preface preface)
    {
        listen.Protocols = HttpProtocols.Http1; // HTTP/2 needs TLS to be agreed upon, or a client that knows
        listen.Use(next => connection => Of(connection).RunAsync(connection, next));
        listen.Use(http1 => connection => preface.HandleAsync(connection, http1));
    }

    private static void ConfigureEncrypted(ListenOptions listen, TimeSpan patience)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(next => connection => Of(connection).RunAsync(connection, next));
        listen.Use(next => connection => EnterAsync(connection, TlsOf(connection), next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = static handshake => new(TlsOf(handshake.Connection).OptionsFor(SocketTuning.Readable(handshake.Connection.RemoteEndPoint))),
            HandshakeTimeout = patience,
        });
        listen.Use(next => connection =>
        {
            connection.Features.Get<PendingHandshake>()?.Dispose(); // it is over
            return next(connection);
        });
    }

    private static HttpEndpoint Of(ConnectionContext connection) => connection.Features.GetRequiredFeature<HttpEndpoint>();

    private static TlsHandshake TlsOf(ConnectionContext connection) => Of(connection).Tls!; // it came in where there is TLS

    private static async Task EnterAsync(ConnectionContext connection, TlsHandshake tls, ConnectionDelegate next)
    {
        using PendingHandshake handshake = tls.Begin(connection);
        handshake.Place = await tls.EnterAsync(SocketTuning.Readable(connection.RemoteEndPoint));
        if (handshake.Place is null) return; // no room in time: the connection ends
        connection.Features.Set(handshake);
        await next(connection);
    }
}
