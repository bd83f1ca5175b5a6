using System.Buffers;
using System.IO.Pipelines;
using Broker.Core.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Broker.Host.Polling;

/// <summary>Reads a request's body, whole, up to a bound.</summary>
internal static class RequestBody
{
    /// <summary>Reads it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="body">Where to.</param>
    /// <returns>False if it is larger; what announces itself as that is not read.</returns>
    /// <exception cref="BadHttpRequestException">The body is not what its header says, or comes too slowly.</exception>
    public static async ValueTask<bool> TryReadAsync(HttpContext context, int most, OutputBuffer body)
    {
        if (context.Request.ContentLength > most) return false;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null; // counted here
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(context.RequestAborted);
            bool isTooLarge = body.WrittenCount + read.Buffer.Length > most;
            if (!isTooLarge) body.Write(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            if (isTooLarge) return false;
            if (read.IsCompleted) return true;
        }
    }

    private static void Write(this OutputBuffer body, in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> part in bytes) body.Write(part.Span);
    }
}
