using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Broker.Host.Endpoints;

/// <summary><c>/healthz</c>: the process lives. <c>/readyz</c>: it takes clients.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps both.</summary>
    public static void Map(IEndpointRouteBuilder routes, Readiness readiness)
    {
        routes.MapMethods("/healthz", _methods, static (HttpContext context) => WriteAsync(context, "healthy"));
        routes.MapMethods("/readyz", _methods, (HttpContext context) => readiness.IsReady
            ? WriteAsync(context, "ready")
            : Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, readiness.Failure ?? "The broker is starting or stopping."));
    }

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n");
    }
}
