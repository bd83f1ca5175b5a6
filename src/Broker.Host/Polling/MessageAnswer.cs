using System.Buffers;
using Broker.Core.Polling;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Broker.Host.Polling;

/// <summary>A message as the body of an answer.</summary>
internal static class MessageAnswer
{
    private const string UnknownType = "application/octet-stream";
    private const int ChunkBytes = 65_536;

    // Exactly these: with a parameter, or any other, the policy goes along.
    private static readonly string[] _inert = [UnknownType, "text/plain", "application/json", "text/csv"];

    /// <summary>
    /// The headers that describe the payload. Publishers choose the content type, so browsers are told to take nothing for
    /// something else, and to run nothing of it with the rights of this origin; of the types that most values have there is nothing to run.
    /// </summary>
    public static void Describe(HttpResponse response, MessageLease message)
    {
        response.ContentType = message.ContentType is { } type && IsMediaType(type) ? type : UnknownType;
        response.ContentLength = message.Payload.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        if (!_inert.Contains(response.ContentType, StringComparer.OrdinalIgnoreCase)) response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
    }

    /// <summary>Writes the payload, no faster than the client takes it.</summary>
    public static async Task WriteAsync(HttpContext context, MessageLease message)
    {
        for (int at = 0; at < message.Payload.Length; at += ChunkBytes)
        {
            context.Response.BodyWriter.Write(message.Payload.Slice(at, Math.Min(ChunkBytes, message.Payload.Length - at)));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    // In MQTT it is any text; in HTTP it has a form.
    private static bool IsMediaType(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && MediaTypeHeaderValue.TryParse(text, out MediaTypeHeaderValue? type) && !type.MatchesAllTypes;
}
