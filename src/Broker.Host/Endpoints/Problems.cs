using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Broker.Host.Endpoints;

/// <summary>Every HTTP error is answered with problem details (RFC 9457), whatever the client says it accepts.</summary>
internal static class Problems
{
    /// <summary>Answers with a problem; where the answer has begun already, it stays as it is.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string? detail = null)
    {
        if (context.Response.HasStarted) return;
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
        writer.WriteNumber("status"u8, status);
        if (detail is not null) writer.WriteString("detail"u8, detail);
        writer.WriteString("instance"u8, context.Request.Path.Value);
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }
}
