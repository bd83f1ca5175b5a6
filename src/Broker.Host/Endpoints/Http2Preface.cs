using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Broker.Host.Endpoints;

/// <summary>
/// Tells HTTP/2 with prior knowledge (RFC 9113 section 3.3) from HTTP/1.1 on an endpoint without TLS, by the first bytes: no
/// request of HTTP/1.1 begins with them.
/// </summary>
internal sealed class Http2Preface(ConnectionQueue http2, TimeSpan patience)
{
    private static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Looks at a connection's first bytes, which stay there, and passes it on.</summary>
    public async Task HandleAsync(ConnectionContext connection, ConnectionDelegate http1)
    {
        bool? isHttp2 = connection.Transport.Input.TryRead(out ReadResult first) ? Look(connection.Transport.Input, first) : null;
        isHttp2 ??= await WaitAsync(connection);
        if (isHttp2 is not { } found) return; // it did not say anything; its endpoint closes it
        await (found ? HandOverAsync(connection) : http1(connection));
    }

    // Done when it has ended. If it can no longer be taken, it is aborted.
    private async Task HandOverAsync(ConnectionContext connection)
    {
        var handedOver = new HandedOverConnection(connection);
        if (http2.TryAdd(handedOver)) await handedOver.Ended;
        else connection.Abort(new ConnectionAbortedException("The server stops"));
    }

    private async Task<bool?> WaitAsync(ConnectionContext connection)
    {
        CancellationToken stops = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stops);
        limit.CancelAfter(patience);
        try
        {
            while (true)
            {
                ReadResult read = await connection.Transport.Input.ReadAsync(limit.Token);
                if (Look(connection.Transport.Input, read) is { } found) return found;
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            return null; // the client is gone
        }
    }

    // Null: so far it could be either.
    private static bool? Look(PipeReader input, in ReadResult read)
    {
        long length = Math.Min(read.Buffer.Length, Bytes.Length);
        Span<byte> begin = stackalloc byte[(int)length];
        read.Buffer.Slice(0, length).CopyTo(begin);
        bool differs = !Bytes.StartsWith(begin);
        if (differs || length == Bytes.Length || read.IsCompleted)
        {
            input.AdvanceTo(read.Buffer.Start);
            return !differs && length == Bytes.Length;
        }

        input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        return null;
    }
}
