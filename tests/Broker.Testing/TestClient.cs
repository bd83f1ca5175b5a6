using Broker.Core.Connections;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Testing;

/// <summary>A client that speaks bytes, and the transport that carries them in memory.</summary>
public sealed class TestClient : ITransport
{
    private readonly TestBroker _broker;
    private readonly List<byte> _received = [];
    private readonly List<byte> _unread = []; // sent while the broker had paused reading
    private ClientConnection? _connection;
    private bool _isPaused;
    private bool _isReceiving;
    private bool _wasResumed; // while Receive was still under way: it will say Pause of what is over
    private bool _isGone;
    private CloseCause? _closing;

    internal TestClient(TestBroker broker, ProtocolVersion version)
    {
        _broker = broker;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    public bool IsV5 => Version == ProtocolVersion.V5;

    /// <summary>The CONNACK of <see cref="TestBroker.Connect(ConnectOptions)"/>.</summary>
    public ServerPacket.ConnAck ConnAck { get; internal set; } = null!;

    /// <summary>Whether the broker hung up.</summary>
    public bool IsClosed => _closing is not null || _isGone;

    /// <summary>Whether the broker stopped reading from this client.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Stops taking what the broker sends: it stays in the broker.</summary>
    public bool IsStalled { get; private set; }

    /// <summary>Bytes that arrived and were not yet decoded.</summary>
    public int PendingBytes => _received.Count;

    /// <summary>Sends bytes, all in one read of the broker.</summary>
    public void Send(params byte[][] packets)
    {
        Deliver([.. packets.SelectMany(p => p)]);
        _broker.Settle();
    }

    /// <summary>Sends bytes, each in a read of its own.</summary>
    public void SendByteByByte(byte[] bytes)
    {
        foreach (byte b in bytes) Deliver([b]);
        _broker.Settle();
    }

    /// <summary>The next packet; null if none has arrived.</summary>
    public ServerPacket? Next()
    {
        ServerPacket? packet = ServerPackets.Decode(_received.ToArray(), IsV5, out int consumed);
        _received.RemoveRange(0, consumed);
        return packet;
    }

    /// <summary>The next packet, which has to be of this type.</summary>
    public T Expect<T>()
        where T : ServerPacket
    {
        ServerPacket? packet = Next();
        return packet as T ?? throw new InvalidOperationException(
            $"Expected {typeof(T).Name}, but {(packet is null ? "nothing came" : $"{packet} came")}{(IsClosed ? " and the connection is closed" : "")}");
    }

    /// <summary>Nothing may have arrived, and the connection is open.</summary>
    public void ExpectNothing()
    {
        if (Next() is { } packet) throw new InvalidOperationException($"Expected nothing, but {packet} came");
        if (IsClosed) throw new InvalidOperationException("The connection is closed");
    }

    /// <summary>The broker ended the connection: an MQTT 5 client was told why, an older one was not.</summary>
    public void ExpectClosed(ReasonCode reason)
    {
        if (IsV5)
        {
            ServerPacket.Disconnect packet = Expect<ServerPacket.Disconnect>();
            if (packet.ReasonCode != reason) throw new InvalidOperationException($"Expected DISCONNECT {reason}, but it says {packet.ReasonCode} ({packet.ReasonString})");
        }

        ExpectClosed();
    }

    /// <summary>The broker ended the connection without another word.</summary>
    public void ExpectClosed()
    {
        if (Next() is { } packet) throw new InvalidOperationException($"Expected a closed connection, but {packet} came");
        if (!IsClosed) throw new InvalidOperationException("The connection is open");
    }

    /// <summary>Everything that has arrived.</summary>
    public List<ServerPacket> All()
    {
        List<ServerPacket> packets = [];
        while (Next() is { } packet) packets.Add(packet);
        return packets;
    }

    /// <summary>Subscribes to one filter and checks that it is granted as asked.</summary>
    public void Subscribe(string filter, QualityOfService qos = QualityOfService.AtMostOnce)
    {
        Send(ClientPackets.Subscribe(Version, 1, filter, qos));
        ServerPacket.SubAck answer = Expect<ServerPacket.SubAck>();
        if ((byte)answer.ReasonCodes[0] != (byte)qos) throw new InvalidOperationException($"SUBACK says {answer.ReasonCodes[0]}");
    }

    /// <summary>The client loses its network.</summary>
    public void Drop()
    {
        if (_isGone) return;
        _closing ??= CloseCause.NetworkError;
        _broker.Settle();
    }

    /// <summary>The client says goodbye and hangs up.</summary>
    public void Disconnect(ReasonCode reason = ReasonCode.Success)
    {
        Send(ClientPackets.Disconnect(Version, reason));
        ExpectClosed();
    }

    /// <summary>The client stops reading.</summary>
    public void Stall() => IsStalled = true;

    /// <summary>The client reads again.</summary>
    public void Unstall()
    {
        IsStalled = false;
        Drain();
        _broker.Settle();
    }

    void ITransport.RequestDrain() => Drain();

    void ITransport.ResumeReceive()
    {
        _wasResumed = _isReceiving;
        if (_isReceiving) return;
        _isPaused = false;
        byte[] unread = [.. _unread];
        _unread.Clear();
        Deliver(unread);
    }

    void ITransport.Abort() => _closing ??= CloseCause.Local;

    internal void Attach(ClientConnection? connection)
    {
        _connection = connection;
        if (connection is null) _isGone = true;
    }

    internal void Settle()
    {
        if (_closing is not { } cause || _isGone) return;
        _isGone = true;
        _connection?.Closed(cause);
    }

    private void Deliver(byte[] bytes)
    {
        if (_isPaused)
        {
            _unread.AddRange(bytes);
            return;
        }

        if (IsClosed || _connection is null) return;
        do
        {
            _wasResumed = false;
            _isReceiving = true;
            _isPaused = _connection.Receive(bytes) == ReceiveStatus.Pause;
            _isReceiving = false;
            bytes = [];
        }
        while (_isPaused && _wasResumed);
    }

    private void Drain()
    {
        if (IsStalled || IsClosed || _connection is null) return;
        using var output = new OutputBuffer();
        DrainStatus status;
        do
        {
            status = _connection.Drain(output);
            _received.AddRange(output.WrittenSpan);
            output.Clear();
        }
        while (status == DrainStatus.More);

        if (status == DrainStatus.Close) _closing ??= CloseCause.Local;
    }
}
