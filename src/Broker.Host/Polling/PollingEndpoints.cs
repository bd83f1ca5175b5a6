using System.Net;
using Broker.Core;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Host.Endpoints;
using Broker.Host.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using ConnectionInfo = Broker.Core.Connections.ConnectionInfo;

namespace Broker.Host.Polling;

/// <summary>The polling API: <c>/topics</c> and <c>/requests</c> on every HTTP endpoint, and what describes them.</summary>
internal sealed class PollingEndpoints(MqttBroker broker, HttpCallers callers, TimeProvider time, ILogger<PollingEndpoints> logger)
{
    private const string Topics = "/topics/{**topic}";
    private const string Requests = "/requests/{**topic}";
    private static readonly string[] _reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps all of them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var reads = new TopicReads(broker.Polling, time);
        var writes = new TopicWrites(broker.Polling);
        Func<HttpContext, AccessSubject, Task> read = reads.HandleAsync; // one for all requests
        Func<HttpContext, AccessSubject, Task> publish = writes.PublishAsync;
        Func<HttpContext, AccessSubject, Task> ask = writes.RequestAsync;
        routes.MapMethods(Topics, _reading, context => GuardAsync(context, read)).ShortCircuit();
        routes.MapPut(Topics, context => GuardAsync(context, publish)).ShortCircuit();
        routes.MapPost(Requests, context => GuardAsync(context, ask)).ShortCircuit();
        OpenApiDocument.Map(routes);
    }

    /// <summary>The caller and its connection, null where the endpoint is another tenant's; one for all requests of the same caller on a connection, so that decisions are remembered.</summary>
    private AccessSubject? SubjectOf(HttpContext context, Principal caller)
    {
        IDictionary<object, object?>? items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(typeof(AccessSubject), out object? known) && known is AccessSubject subject && subject.Principal == caller) return subject;
        EndPoint? remote = context.Connection.RemoteIpAddress is { } address ? SocketTuning.Readable(new IPEndPoint(address, context.Connection.RemotePort)) : null;
        var info = new ConnectionInfo(HttpEndpoint.Of(context).Endpoint.Name, TransportKind.Http, remote) { IsEncrypted = context.Request.IsHttps };
        if (!broker.TryFindTenant(info.Endpoint, caller, out Tenant? tenant)) return null;
        subject = new AccessSubject(caller, "", info) { Tenant = tenant };
        if (items is not null) items[typeof(AccessSubject)] = subject;
        return subject;
    }

    /// <summary>Keeps other people's web pages out, lets a caller that is gone be gone, and answers for faults: nothing stands around it that would.</summary>
    private async Task GuardAsync(HttpContext context, Func<HttpContext, AccessSubject, Task> handleAsync)
    {
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin, ..]
            && HttpEndpoint.Of(context).Endpoint is var endpoint && !OriginRule.Allows(endpoint, origin, context.Request.Host.Value))
        {
            HostLog.PageRefused(logger, endpoint.Name, origin);
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, $"Pages of this origin may not ask; Broker:Endpoints:{endpoint.Name}:AllowedOrigins says which may.");
            return;
        }

        if (broker.Refuses(HttpEndpoint.Of(context).Endpoint.Name))
        {
            context.Response.Headers.RetryAfter = "5";
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The broker is overloaded; try again later.");
            return;
        }

        try
        {
            if (await callers.IdentifyAsync(context) is not { } caller) return;
            if (SubjectOf(context, caller) is { } subject) await handleAsync(context, subject);
            else await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "This endpoint is another tenant's.");
        }
        catch (BadHttpRequestException e)
        {
            await Problems.WriteAsync(context, e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest; // nobody reads it
        }
        catch (OperationCanceledException) when (HttpEndpoint.Of(context).Closing.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "1";
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "This endpoint closes.");
        }
#pragma warning disable CA1031 // a fault of ours is one request's, whatever it is
        catch (Exception fault) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            HostLog.RequestFailed(logger, context.Request.Path, fault);
            await Problems.WriteAsync(context, StatusCodes.Status500InternalServerError);
        }
    }
}
