using System.Net.Sockets;
using Broker.Core.Connections;
using Broker.Host.Endpoints.Epoll;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>Accepts the connections of an mqtt or mqtts endpoint and hands each to the broker.</summary>
/// <remarks>
/// Threading: one accept loop per address, which never ends by an error. Plain connections are accepted and owned by the event
/// loops where there are any; TLS always comes this way.
/// </remarks>
internal sealed class TcpEndpoint(BoundEndpoint bound, TcpServices services, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxTaking = 32;
    private readonly TlsHandshake? _tls = services.Tls.Of(bound.Endpoint.Name);
    private readonly List<Task> _loops = [];
    private readonly List<EpollListener> _listeners = [];
    private int _taking;
    private volatile bool _stopping;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="EndpointException">Somebody else began first.</exception>
    public void Start()
    {
        foreach (Socket listener in bound.Sockets)
        {
            SocketTuning.Prepare(listener);
            bound.Listen(listener);
            if (_tls is null && services.Loops is { } loops)
            {
                var accepting = new EpollListener(loops, listener, bound.Endpoint, services, time);
                _listeners.Add(accepting);
                accepting.Start();
            }
            else
            {
                _loops.Add(AcceptAsync(listener));
            }
        }
    }

    /// <summary>Stops listening; connections that were accepted live on.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        await Task.WhenAll(_listeners.Select(listener => listener.StopAsync()));
        bound.Dispose();
        await Task.WhenAll(_loops);
    }

    /// <summary>Closes the door at once; the event loops have ended before.</summary>
    public void Dispose()
    {
        _stopping = true;
        bound.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        // Off the starting thread, so that a connection that waits already does not hold up the other endpoints.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var shortage = new DescriptorShortage(bound.Endpoint.Name, time, logger);
        while (!_stopping)
        {
            try
            {
                Socket socket = await listener.AcceptAsync();
                if (shortage.MayStay()) TakeSoon(socket);
                else socket.Dispose();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                shortage.Begin(e.Message);
                await Task.Delay(DescriptorShortage.Pause, time);
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
                await Task.Delay(DescriptorShortage.Pause, time);
            }
        }
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
