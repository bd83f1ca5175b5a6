using System.Net.Sockets;
using Broker.Core.Connections;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>Accepts the connections of an mqtt or mqtts endpoint and hands each to the broker.</summary>
/// <remarks>
/// Threading: one accept loop per address. It never ends by an error: when the system has no descriptor left, a spare one is
/// given up to take the waiting connection and close it, which is kinder than to let it hang.
/// </remarks>
internal sealed class TcpEndpoint(BoundEndpoint bound, TcpServices services, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);
    private readonly TlsHandshake? _tls = bound.Endpoint.Certificate is { } certificate ? new TlsHandshake(certificate) : null;
    private readonly List<Task> _loops = [];
    private volatile bool _stopping;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="EndpointException">Somebody else began first.</exception>
    public void Start()
    {
        foreach (Socket listener in bound.Sockets)
        {
            SocketTuning.Prepare(listener);
            listener.Blocking = false;
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
    public void Dispose() => bound.Dispose();

    private async Task AcceptAsync(Socket listener)
    {
        // Off the starting thread, so that a connection that waits already does not hold up the other endpoints.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var spare = new SpareDescriptor();
        bool exhausted = false;
        while (!_stopping)
        {
            try
            {
                Take(await listener.AcceptAsync());
                exhausted = false;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                if (!exhausted) HostLog.DescriptorsExhausted(logger, bound.Endpoint.Name, e.Message);
                exhausted = true;
                spare.Release();
                Refuse(listener);
                spare.Take();
                await Task.Delay(_pause, time);
            }
            catch (SocketException e) when (!_stopping)
            {
                // The peer gave up before it was accepted.
                HostLog.AcceptFailed(logger, bound.Endpoint.Name, e.SocketErrorCode);
            }
            catch (Exception e) when (!_stopping)
            {
                // A fault of ours must not close the door for everybody.
                HostLog.AcceptFaulted(logger, e, bound.Endpoint.Name);
                await Task.Delay(_pause, time);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Refuse(Socket listener)
    {
        try
        {
            listener.Accept().Dispose();
        }
        catch (SocketException e)
        {
            // Nobody waits any more, or somebody else took the spare descriptor.
            HostLog.AcceptFailed(logger, bound.Endpoint.Name, e.SocketErrorCode);
        }
    }

    private void Take(Socket socket)
    {
        try
        {
            SocketTuning.Tune(socket);
            TransportKind kind = _tls is null ? TransportKind.Tcp : TransportKind.Tls;
            var info = new ConnectionInfo(bound.Endpoint.Name, kind, socket.RemoteEndPoint, bound.Endpoint.Options.ValidatePayloadFormat);
            if (_tls is null) TcpConnection.Start(socket, info, services);
            else _ = new ChannelConnection(new TlsChannel(socket, _tls), time, logger).RunAsync(services.Broker, info);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone again; the socket cannot even say who it was.
            HostLog.AcceptFailed(logger, bound.Endpoint.Name, (e as SocketException)?.SocketErrorCode ?? SocketError.NotConnected);
            socket.Dispose();
        }
    }
}
