using Broker.Core.Connections;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Concurrency;

/// <summary>
/// One connection in memory, driven by threads as a real one is: its owner thread sends, reads and hangs up; what the broker has
/// for it is drained on whichever thread asks for it.
/// </summary>
internal sealed class ThreadedConnection(ProtocolVersion version) : ITransport
{
    private readonly Lock _gate = new();
    private readonly List<byte> _received = []; // under _gate
    private readonly OutputBuffer _output = new(); // whoever drains
    private ClientConnection? _connection;
    private int _drains;
    private volatile bool _isClosing;
    private volatile bool _isResumed;

    // owner thread
    private readonly List<byte> _held = [];
    private bool _isPaused;
    private bool _isGone;

    public ProtocolVersion Version { get; } = version;

    /// <summary>Whether the broker never took it.</summary>
    public bool IsRefused => _connection is null;

    /// <summary>Whether the broker hung up, or this side did.</summary>
    public bool IsClosed => _isClosing || _isGone;

    public void Attach(ClientConnection? connection)
    {
        _connection = connection;
        if (connection is null) _isGone = true;
        else RequestDrain(); // it may have been asked for before
    }

    /// <summary>Owner: sends bytes. False once the connection is over.</summary>
    public bool Send(byte[] bytes)
    {
        Resume();
        if (IsClosed) return false;
        if (_isPaused) _held.AddRange(bytes);
        else _isPaused = _connection!.Receive(bytes) == ReceiveStatus.Pause; // attached: not gone
        return !IsClosed;
    }

    /// <summary>Owner: what has arrived.</summary>
    public List<ServerPacket> Take()
    {
        Resume();
        List<ServerPacket> packets = [];
        lock (_gate)
        {
            byte[] bytes = [.. _received];
            int at = 0;
            while (ServerPackets.Decode(bytes.AsSpan(at), Version == ProtocolVersion.V5, out int size) is { } packet)
            {
                packets.Add(packet);
                at += size;
            }

            _received.RemoveRange(0, at);
        }

        return packets;
    }

    /// <summary>Owner: waits for a packet of a type, and takes what came before it along; null if the connection ended.</summary>
    public T? Await<T>(Action<ServerPacket> others)
        where T : ServerPacket
    {
        T? found = null;
        SpinWait.SpinUntil(
            () =>
            {
                bool isOver = IsClosed; // before the last packets are taken
                foreach (ServerPacket packet in Take())
                {
                    if (found is null && packet is T wanted) found = wanted;
                    else others(packet);
                }

                return found is not null || isOver;
            },
            TimeSpan.FromSeconds(30));
        if (found is null && !IsClosed) throw new TimeoutException($"No {typeof(T).Name} came");
        return found;
    }

    /// <summary>Owner: the network is gone.</summary>
    public void Drop()
    {
        if (_isGone) return;
        _isGone = true;
        _connection!.Closed(_isClosing ? CloseCause.Local : CloseCause.NetworkError); // attached: not gone
    }

    public void RequestDrain()
    {
        if (Volatile.Read(ref _connection) is not { } connection) return;
        if (Interlocked.Increment(ref _drains) != 1) return; // who drains goes round once more
        int seen;
        do
        {
            seen = Volatile.Read(ref _drains);
            Drain(connection);
        }
        while (Interlocked.Add(ref _drains, -seen) != 0);
    }

    public void ResumeReceive() => _isResumed = true;

    public void Abort() => _isClosing = true;

    private void Drain(ClientConnection connection)
    {
        DrainStatus status;
        do
        {
            status = connection.Drain(_output);
            lock (_gate) _received.AddRange(_output.WrittenSpan);
            _output.Clear();
        }
        while (status == DrainStatus.More);

        if (status == DrainStatus.Close) _isClosing = true;
    }

    private void Resume()
    {
        if (!_isPaused || !_isResumed || IsClosed) return;
        _isResumed = false;
        byte[] held = [.. _held];
        _held.Clear();
        _isPaused = _connection!.Receive(held) == ReceiveStatus.Pause; // attached: not gone
    }
}
