using Broker.Core.Polling;
using Broker.Core.Security;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Polling;

/// <summary>The polling API: <c>/topics</c> and <c>/requests</c> on every HTTP endpoint, and what describes them.</summary>
internal sealed class PollingEndpoints(TopicPolling polling, RequestEndpoints endpoints, TimeProvider time, ILogger<PollingEndpoints> logger)
{
    private const string Topics = "/topics/{**topic}";
    private const string Requests = "/requests/{**topic}";
    private static readonly string[] _reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps all of them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var reads = new TopicReads(polling, time);
        var writes = new TopicWrites(polling);
        routes.MapMethods(Topics, _reading, context => GuardAsync(context, reads.HandleAsync));
        routes.MapPut(Topics, context => GuardAsync(context, writes.PublishAsync));
        routes.MapPost(Requests, context => GuardAsync(context, writes.RequestAsync));
        OpenApiDocument.Map(routes);
    }

    /// <summary>Whose rights a request is made with: nothing asks HTTP callers who they are yet.</summary>
    private static Principal CallerOf(HttpContext context) => Principal.Anonymous;

    /// <summary>Keeps other people's web pages out, and lets a caller that is gone be gone.</summary>
    private async Task GuardAsync(HttpContext context, Func<HttpContext, Principal, Task> handleAsync)
    {
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin, ..]
            && endpoints.Of(context) is var endpoint && !OriginRule.Allows(endpoint, origin, context.Request.Host.Value))
        {
            HostLog.PageRefused(logger, endpoint.Name, origin);
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, $"Pages of this origin may not ask; Broker:Endpoints:{endpoint.Name}:AllowedOrigins says which may.");
            return;
        }

        try
        {
            await handleAsync(context, CallerOf(context));
        }
        catch (BadHttpRequestException e)
        {
            await Problems.WriteAsync(context, e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest; // nobody reads it
        }
    }
}
