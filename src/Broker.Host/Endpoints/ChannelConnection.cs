using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using Broker.Core;
using Broker.Core.Connections;
using Broker.Core.Primitives;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>Pumps bytes between a <see cref="ByteChannel"/> and the broker's connection: TLS and WebSocket.</summary>
/// <remarks>
/// Threading: one loop reads, one writes; <see cref="RequestDrain"/> and <see cref="ResumeReceive"/> only wake them. Both have
/// ended before the connection is told that it is closed. While nothing happens no buffer is held.
/// </remarks>
internal sealed class ChannelConnection(ByteChannel channel, TimeProvider time, ILogger logger) : ITransport
{
    private const int ReceiveBytes = 16_384;

    // How long a peer may take to hang up after it was told; until then it can still read what was sent last.
    private static readonly TimeSpan _lingering = TimeSpan.FromSeconds(1);

    private readonly AsyncSignal _drain = new();
    private readonly AsyncSignal _resume = new();
    private ClientConnection _connection = null!; // RunAsync sets it before the loops start
    private volatile bool _discards;
    private volatile bool _finished;
    private int _cause = -1;

    private bool IsClosing => Volatile.Read(ref _cause) >= 0;

    /// <summary>Runs the connection from its opening to its end. Never throws.</summary>
    /// <returns>False where the broker would not have it.</returns>
    public async Task<bool> RunAsync(MqttBroker broker, ConnectionInfo info)
    {
        if (broker.Accept(this, info) is not { } connection)
        {
            channel.Dispose();
            return false;
        }

        _connection = connection;
        try
        {
            // The broker's time for a CONNECT runs already, so it bounds the handshake, too.
            await channel.OpenAsync();
            info.Proven ??= channel.Proven;
            Task reading = ReadAsync();
            await WriteAsync();
            if (_finished) await EndAsync(reading);
            await reading;
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            channel.Dispose();
            _connection.Closed(_finished ? CloseCause.Local : (CloseCause)_cause);
        }

        return true;
    }

    /// <inheritdoc/>
    public void RequestDrain() => _drain.Set();

    /// <inheritdoc/>
    public void ResumeReceive() => _resume.Set();

    /// <inheritdoc/>
    public void KeepUnsentShort() => channel.KeepUnsentShort();

    /// <inheritdoc/>
    public void Abort() => BeginClose(CloseCause.Local);

    private async Task ReadAsync()
    {
        // The writer must start even while the reader finds bytes at once.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await ReadOnceAsync() is { } status)
            {
                while (status == ReceiveStatus.Pause && !IsClosing)
                {
                    await _resume.WaitAsync();
                    if (!IsClosing) status = _connection.Receive([]);
                }

                if (status != ReceiveStatus.Closed) continue;
                _discards = true;
                _drain.Set();
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    // Null when the peer has closed.
    private async Task<ReceiveStatus?> ReadOnceAsync()
    {
        await channel.ReceiveAsync(Memory<byte>.Empty);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        try
        {
            int count = await channel.ReceiveAsync(buffer);
            if (count == 0)
            {
                BeginClose(CloseCause.PeerClosed);
                return null;
            }

            // When the broker is done with it, what comes is read only so that the peer gets to the end.
            return _discards || IsClosing ? ReceiveStatus.Continue : _connection.Receive(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WriteAsync()
    {
        using var output = new OutputBuffer();
        try
        {
            while (!IsClosing)
            {
                await _drain.WaitAsync();
                DrainStatus status = DrainStatus.More;
                while (status == DrainStatus.More && !IsClosing)
                {
                    status = _connection.Drain(output);
                    if (output.WrittenCount > 0) await channel.SendAsync(output.WrittenMemory);
                    output.Clear();
                }

                output.Dispose(); // it may be used again; idle, it shall hold nothing
                if (status != DrainStatus.Close) continue;
                _discards = true;
                await channel.FinishAsync();
                _finished = true;
                return;
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task EndAsync(Task reading)
    {
        using var done = new CancellationTokenSource();
        await Task.WhenAny(reading, Task.Delay(_lingering, time, done.Token));
        await done.CancelAsync();
        BeginClose(CloseCause.Local);
    }

    private void Fail(Exception e)
    {
        bool isPeers = e is IOException or SocketException or WebSocketException or AuthenticationException
            or ObjectDisposedException or OperationCanceledException or ChannelProtocolException;
        if (!isPeers) HostLog.ConnectionFaulted(logger, e);
        else if (!IsClosing) HostLog.ChannelFailed(logger, e.Message);
        BeginClose(CloseCause.NetworkError);
    }

    private void BeginClose(CloseCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, -1) >= 0) return;
        channel.Abort();
        _drain.Set();
        _resume.Set();
    }
}
