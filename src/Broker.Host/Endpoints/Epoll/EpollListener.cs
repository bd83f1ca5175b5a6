using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Broker.Core.Connections;
using Broker.Host.Configuration;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>Accepts the connections of one address and deals them out to the loops in turn.</summary>
/// <remarks>Threading: <see cref="Start"/> and <see cref="StopAsync"/> from anywhere, once; all else on the loop's thread.</remarks>
internal sealed class EpollListener : LoopMember
{
    // Then the connections of this loop get their turn: a fleet that connects at once must not hold them up.
    private const int AcceptsPerTurn = 32;

    private readonly Socket _socket; // kept, so that its descriptor stays open
    private readonly ConfiguredEndpoint _endpoint;
    private readonly EpollLoops _loops;
    private readonly TcpServices _services;
    private readonly DescriptorShortage _shortage;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _pause;

    /// <summary>Creates it for a socket that listens already.</summary>
    public EpollListener(EpollLoops loops, Socket socket, ConfiguredEndpoint endpoint, TcpServices services, TimeProvider time)
        : base(loops.Next(), (int)socket.SafeHandle.DangerousGetHandle())
    {
        socket.Blocking = false;
        _socket = socket;
        _loops = loops;
        _endpoint = endpoint;
        _services = services;
        _shortage = new DescriptorShortage(endpoint.Name, time, services.Logger);
        _pause = time.CreateTimer(static listener => ((EpollListener)listener!).Post(LoopRequests.Watch), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins to accept.</summary>
    public void Start() => Post(LoopRequests.Watch);

    /// <summary>Accepts no more; done when the socket may be closed. What was accepted lives on.</summary>
    public Task StopAsync()
    {
        Post(LoopRequests.End);
        return _stopped.Task;
    }

    /// <inheritdoc/>
    public override void OnRequests(LoopRequests requests)
    {
        if (_stopped.Task.IsCompleted) return;
        if ((requests & LoopRequests.End) != 0)
        {
            Leave();
            _pause.Dispose();
            _shortage.Dispose();
            _stopped.TrySetResult();
        }
        else if ((requests & LoopRequests.Watch) != 0 && Slot < 0)
        {
            Loop.Watch(this, EpollEvents.Readable); // told as long as somebody waits
        }
    }

    /// <inheritdoc/>
    public override void OnEvents(EpollEvents events)
    {
        for (int i = 0; i < AcceptsPerTurn; i++)
        {
            int socket = LinuxSocket.Accept(Descriptor, out IPEndPoint? peer);
            if (socket >= 0)
            {
                if (_shortage.MayStay()) Take(socket, peer);
                else LinuxSocket.Close(socket, isReset: false);
            }
            else if (!MayGoOn(-socket))
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Continue() => throw new InvalidOperationException("A listener leaves nothing over");

    /// <inheritdoc/>
    public override void Drain() => throw new InvalidOperationException("A listener sends nothing");

    /// <inheritdoc/>
    public override void End() => throw new InvalidOperationException("A listener ends at once");

    /// <summary>This door stays open, and does not spin.</summary>
    public override void Fault() => Pause();

    private void Take(int socket, IPEndPoint? peer)
    {
        try
        {
            var info = new ConnectionInfo(_endpoint.Name, TransportKind.Tcp, peer, _endpoint.Options.ValidatePayloadFormat);
            EpollConnection.Start(_loops.Next(), socket, info, _services);
        }
        catch (Exception e)
        {
            // A fault of ours; the door stays open for the others.
            HostLog.AcceptFaulted(_services.Logger, e, _endpoint.Name);
            LinuxSocket.Close(socket, isReset: false);
        }
    }

    private bool MayGoOn(int error)
    {
        switch (error)
        {
            case LinuxSocket.WouldBlock:
                return false;
            case LinuxSocket.Interrupted:
                return true;
            case LinuxSocket.ConnectionAborted:
                HostLog.AcceptFailed(_services.Logger, _endpoint.Name, SocketError.ConnectionAborted);
                return true;
            case LinuxSocket.TooMany or LinuxSocket.TooManyInSystem or LinuxSocket.NoBuffers or LinuxSocket.NoMemory:
                _shortage.Begin(Marshal.GetPInvokeErrorMessage(error));
                break;
            default:
                HostLog.AcceptFaulted(_services.Logger, new Win32Exception(error, Marshal.GetPInvokeErrorMessage(error)), _endpoint.Name);
                break;
        }

        Pause();
        return false;
    }

    private void Pause()
    {
        Leave();
        _pause.Change(DescriptorShortage.Pause, Timeout.InfiniteTimeSpan);
    }

    private void Leave()
    {
        if (Slot < 0) return;
        Loop.Unwatch(this);
        Loop.Forget(this);
        GC.KeepAlive(_socket);
    }
}
