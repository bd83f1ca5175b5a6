using System.Net;
using Broker.Core;
using Broker.Core.Connections;
using Broker.Core.Security;
using Broker.Host.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ConnectionInfo = Broker.Core.Connections.ConnectionInfo;

namespace Broker.Host.Endpoints;

/// <summary>MQTT over WebSocket: <c>/mqtt</c> on every HTTP endpoint.</summary>
internal sealed class WebSocketEndpoint(MqttBroker broker, TimeProvider time, ILogger<WebSocketEndpoint> logger)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/mqtt";

    // The second is what clients of MQTT 3.1 call it.
    private static readonly string[] _subProtocols = ["mqtt", "mqttv3.1"];

    /// <summary>Answers one request, until its connection ends.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        HttpEndpoint web = HttpEndpoint.Of(context);
        ConfiguredEndpoint endpoint = web.Endpoint;
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            await Problems.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "MQTT is spoken here over WebSocket only.");
            return;
        }

        if (broker.RefusesUnheard(endpoint.Name))
        {
            context.Response.Headers.RetryAfter = "5";
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The broker is overloaded; try again later.");
            return;
        }

        if (web.IsClosed)
        {
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "This endpoint closes.");
            return;
        }

        string? subProtocol = _subProtocols.FirstOrDefault(context.WebSockets.WebSocketRequestedProtocols.Contains);
        if (subProtocol is null)
        {
            // [MQTT-6.0.0-3]
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "The sub-protocol 'mqtt' must be offered (Sec-WebSocket-Protocol).");
            return;
        }

        if (request.Headers.Origin is [{ Length: > 0 } origin, ..] && !OriginRule.Allows(endpoint, origin, request.Host.Value))
        {
            HostLog.OriginRefused(logger, endpoint.Name, origin);
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, $"Pages of this origin may not connect; Broker:Endpoints:{endpoint.Name}:AllowedOrigins says which may.");
            return;
        }

        ProvenIdentity? proven = null;
        if (web.Tls?.TryIdentify(context.Connection.ClientCertificate, out proven) == false)
        {
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "The client certificate does not hold any more.");
            return;
        }

        var info = new ConnectionInfo(endpoint.Name, TransportKind.WebSocket, RemoteOf(context), endpoint.Options.ValidatePayloadFormat)
        {
            IsEncrypted = request.IsHttps,
            Proven = proven,
        };
        bool taken = await new ChannelConnection(new WebSocketChannel(context, subProtocol, web), time, logger).RunAsync(broker, info);
        if (!taken) await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The broker takes no more connections now.");
    }

    private static EndPoint? RemoteOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? SocketTuning.Readable(new IPEndPoint(address, context.Connection.RemotePort)) : null;
}
