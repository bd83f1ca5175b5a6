using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Broker.Host.Polling;

/// <summary><c>/openapi.json</c>: describes every HTTP endpoint. It is written by hand, and a test holds it against the routes.</summary>
internal static class OpenApiDocument
{
    private const string Resource = "Broker.Host.Polling.openapi.json";
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly byte[] _document = Read();

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/openapi.json", _methods, WriteAsync);

    private static async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = _document.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(_document, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using Stream stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(Resource)!; // it is compiled in
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
