using System.Net.Sockets;
using Broker.Core.Connections;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>Accepts the connections of an mqtt or mqtts endpoint and hands each to the broker.</summary>
/// <remarks>
/// Threading: one accept loop per address. It never ends by an error: when the system has no descriptor left, spare ones are
/// given up to take the waiting connections and close them, which is kinder than to let them hang.
/// </remarks>
internal sealed class TcpEndpoint(BoundEndpoint bound, TcpServices services, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxTaking = 32;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _recovery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _quiet = TimeSpan.FromMinutes(1);
    private readonly TlsHandshake? _tls = services.Tls.Of(bound.Endpoint.Name);
    private readonly List<Task> _loops = [];
    private int _taking;
    private long _exhaustionLogged;
    private volatile bool _stopping;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="EndpointException">Somebody else began first.</exception>
    public void Start()
    {
        foreach (Socket listener in bound.Sockets)
        {
            SocketTuning.Prepare(listener);
            bound.Listen(listener);
            _loops.Add(AcceptAsync(listener));
        }
    }

    /// <summary>Stops listening; connections that were accepted live on.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        bound.Dispose();
        await Task.WhenAll(_loops);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        bound.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        // Off the starting thread, so that a connection that waits already does not hold up the other endpoints.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var spare = new SpareDescriptors();
        long exhaustedSince = 0;
        while (!_stopping)
        {
            try
            {
                Socket socket = await listener.AcceptAsync();
                if (exhaustedSince != 0 && time.GetElapsedTime(exhaustedSince) > _recovery)
                {
                    exhaustedSince = spare.TryTake() ? 0 : time.GetTimestamp();
                }

                if (exhaustedSince == 0) TakeSoon(socket);
                else socket.Dispose();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                if (exhaustedSince == 0) LogExhaustion(e);
                exhaustedSince = time.GetTimestamp();
                spare.Release();
                await Task.Delay(_pause, time);
            }
            catch (Exception e) when (_stopping && e is SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                HostLog.AcceptFailed(logger, bound.Endpoint.Name, e.SocketErrorCode);
            }
            catch (Exception e)
            {
                // Whatever it is: this door stays open, and does not spin.
                HostLog.AcceptFaulted(logger, e, bound.Endpoint.Name);
                await Task.Delay(_pause, time);
            }
        }
    }

    // At the edge it comes and goes; one line a minute is enough.
    private void LogExhaustion(SocketException e)
    {
        long now = time.GetTimestamp();
        if (_exhaustionLogged != 0 && time.GetElapsedTime(_exhaustionLogged, now) < _quiet) return;
        _exhaustionLogged = now;
        HostLog.DescriptorsExhausted(logger, bound.Endpoint.Name, e.Message);
    }

    // On another thread: a fleet that connects at once must not hold up the connections that share this one. But only so many,
    // since the broker does not count them yet and their descriptors come out of the reserve.
    private void TakeSoon(Socket socket)
    {
        if (Interlocked.Increment(ref _taking) <= MaxTaking) ThreadPool.UnsafeQueueUserWorkItem(Take, socket, preferLocal: false);
        else Take(socket);
    }

    private void Take(Socket socket)
    {
        Interlocked.Decrement(ref _taking);
        try
        {
            SocketTuning.Tune(socket);
            TransportKind kind = _tls is null ? TransportKind.Tcp : TransportKind.Tls;
            var info = new ConnectionInfo(bound.Endpoint.Name, kind, SocketTuning.Readable(socket.RemoteEndPoint), bound.Endpoint.Options.ValidatePayloadFormat);
            if (_tls is null) TcpConnection.Start(socket, info, services);
            else _ = new ChannelConnection(new TlsChannel(socket, _tls), time, logger).RunAsync(services.Broker, info);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone again; the socket cannot even say who it was.
            HostLog.AcceptFailed(logger, bound.Endpoint.Name, (e as SocketException)?.SocketErrorCode ?? SocketError.NotConnected);
            socket.Dispose();
        }
        catch (Exception e)
        {
            // A fault of ours; the door stays open for the others.
            HostLog.AcceptFaulted(logger, e, bound.Endpoint.Name);
            socket.Dispose();
        }
    }
}
