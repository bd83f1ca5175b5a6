using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Broker.LoadTests.Wire;

/// <summary>
/// One MQTT connection of the generator: QoS 0 and 1, 3.1.1 and 5. Lean on purpose: a message costs it a few hundred
/// nanoseconds, so that the generator's core is not what is measured.
/// </summary>
public sealed class MqttConnection : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly WireLedger _ledger = new();
    private readonly MeteredStream _stream;
    private readonly Lock _sending = new();
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<byte>> _unanswered = new();
    private readonly TaskCompletionSource<byte> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private readonly int _version;
    private readonly MqttReceived? _received;
    private volatile TaskCompletionSource? _paused;
    private Task _reading = Task.CompletedTask;
    private Timer? _heartbeat;
    private int _nextId;

    private MqttConnection(Socket socket, int version, MqttReceived? received)
    {
        _socket = socket;
        _stream = new MeteredStream(socket, _ledger);
        _version = version;
        _received = received;
    }

    /// <summary>Why the connection ended, if it did and nobody wanted it to.</summary>
    public Exception? Broken { get; private set; }

    public static async Task<MqttConnection> OpenAsync(
        EndPoint address, string clientId, int version = MqttPackets.Version5, MqttReceived? received = null, ushort keepAliveSeconds = 60, bool cleanStart = true,
        uint sessionExpirySeconds = 0, int receiveBufferBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
        MqttConnection connection;
        try
        {
            using var deadline = new CancellationTokenSource(_patience);
            await socket.ConnectAsync(address, deadline.Token);
            connection = new MqttConnection(socket, version, received);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        connection._reading = connection.ReadAsync();
        connection.Send(MqttPackets.Connect(clientId, version, keepAliveSeconds, cleanStart, sessionExpirySeconds));
        byte reason = await connection._connected.Task.WaitAsync(_patience);
        if (reason != 0) throw new IOException($"The broker refused '{clientId}' with 0x{reason:X2}");
        TimeSpan half = TimeSpan.FromSeconds(keepAliveSeconds / 2.0);
        if (keepAliveSeconds > 0) connection._heartbeat = new Timer(static state => ((MqttConnection)state!).Ping(), connection, half, half);
        return connection;
    }

    /// <summary>What the connection moved.</summary>
    public WireBytes Wire() => _ledger.Total();

    public async Task SubscribeAsync(string filter, int qos, IReadOnlyDictionary<string, string>? options = null)
    {
        ushort id = NextId();
        Task<byte> answer = Expect(id);
        Send(MqttPackets.Subscribe(id, filter, qos, _version, options));
        byte reason = await answer.WaitAsync(_patience);
        if (reason > 2) throw new IOException($"The broker refused the subscription to '{filter}' with 0x{reason:X2}");
    }

    /// <summary>Sends it; with QoS 1 the task ends with its acknowledgement.</summary>
    public async Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, int qos, bool retain)
    {
        if (qos == 0)
        {
            Publish(topic, payload.Span, retain);
            return;
        }

        ushort id = NextId();
        Task<byte> answer = Expect(id);
        Send(MqttPackets.Publish(topic, payload.Span, qos, id, retain, _version));
        byte reason = await answer.WaitAsync(_patience);
        if (reason >= 0x80) throw new IOException($"The broker refused a publication to '{topic}' with 0x{reason:X2}");
    }

    /// <summary>Sends it at QoS 0.</summary>
    public void Publish(string topic, ReadOnlySpan<byte> payload, bool retain) => Send(MqttPackets.Publish(topic, payload, 0, 0, retain, _version));

    /// <summary>Asks, as MQTT 5 request/response does.</summary>
    public void Request(string topic, string responseTopic, byte[] correlation) =>
        Send(MqttPackets.Publish(topic, [], 0, 0, false, _version, (responseTopic, correlation)));

    public void Respond(string topic, ReadOnlySpan<byte> payload, byte[] correlation) =>
        Send(MqttPackets.Publish(topic, payload, 0, 0, false, _version, correlation: correlation));

    /// <summary>Stops reading until <see cref="Resume"/>, as a consumer that cannot keep up does.</summary>
    public void Pause() => _paused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => Interlocked.Exchange(ref _paused, null)?.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Resume();
        if (_heartbeat is { } heartbeat) await heartbeat.DisposeAsync();
        if (Broken is null) TrySend(MqttPackets.Disconnect);
        await _stream.DisposeAsync();
        await _reading;
        _closing.Dispose();
    }

    /// <summary>Ends without a DISCONNECT, as a lost network does.</summary>
    public async Task DropAsync()
    {
        await _closing.CancelAsync();
        Resume();
        if (_heartbeat is { } heartbeat) await heartbeat.DisposeAsync();
        _socket.LingerState = new LingerOption(true, 0);
        await _stream.DisposeAsync();
        await _reading;
    }

    private ushort NextId()
    {
        while (true)
        {
            ushort id = (ushort)Interlocked.Increment(ref _nextId);
            if (id != 0) return id;
        }
    }

    private Task<byte> Expect(ushort id)
    {
        var answer = new TaskCompletionSource<byte>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_unanswered.TryAdd(id, answer)) throw new InvalidOperationException("65,535 packets are unanswered");
        return answer.Task;
    }

    private void Send(ReadOnlySpan<byte> packet)
    {
        lock (_sending) _stream.Write(packet);
    }

    private void Ping() => TrySend(MqttPackets.PingRequest);

    /// <summary>Sends what nobody waits for: if the connection has ended, its reader has noticed.</summary>
    private void TrySend(ReadOnlySpan<byte> packet)
    {
        try
        {
            Send(packet);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Broken ??= e;
        }
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        var answers = new List<byte>();
        int held = 0;
        try
        {
            while (true)
            {
                if (_paused is { } paused) await paused.Task;
                if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                int read = await _stream.ReadAsync(buffer.AsMemory(held), _closing.Token);
                if (read == 0) throw new IOException("The broker closed the connection");
                held += read;
                int used = Frames(buffer.AsSpan(0, held), answers);
                held -= used;
                buffer.AsSpan(used, held).CopyTo(buffer);
                if (answers.Count == 0) continue;
                Send(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(answers));
                answers.Clear();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (!_closing.IsCancellationRequested) Broken = e;
            _connected.TrySetException(e);
            foreach (TaskCompletionSource<byte> waiting in _unanswered.Values) waiting.TrySetException(e);
        }
    }

    /// <summary>Handles all whole packets.</summary>
    /// <returns>The bytes that they had.</returns>
    private int Frames(ReadOnlySpan<byte> bytes, List<byte> answers)
    {
        int used = 0;
        while (TryFrame(bytes[used..], out int header, out int length))
        {
            Packet(bytes[used], bytes.Slice(used + header, length), answers);
            used += header + length;
        }

        return used;
    }

    private void Packet(byte first, ReadOnlySpan<byte> body, List<byte> answers)
    {
        switch (first >> 4)
        {
            case 2: // CONNACK
                _connected.TrySetResult(body[1]);
                break;
            case 3:
                MqttMessage message = MqttMessage.Read(first, body, _version);
                _received?.Invoke(in message);
                if (message.Qos == 1) MqttPackets.PubAck(answers, message.Id);
                break;
            case 4: // PUBACK
                Answered(body, body.Length > 2 ? body[2] : (byte)0);
                break;
            case 9: // SUBACK
                Answered(body, body[^1]);
                break;
            case 14: // DISCONNECT
                throw new IOException($"The broker disconnected with 0x{(body.Length > 0 ? body[0] : 0):X2}");
            default: // PINGRESP: it was answered, that is all
                break;
        }
    }

    private void Answered(ReadOnlySpan<byte> body, byte reason)
    {
        if (_unanswered.TryRemove((ushort)((body[0] << 8) | body[1]), out TaskCompletionSource<byte>? answer)) answer.TrySetResult(reason);
    }

    private static bool TryFrame(ReadOnlySpan<byte> bytes, out int header, out int length)
    {
        length = 0;
        for (header = 1; header < bytes.Length && header < 5; header++)
        {
            length |= (bytes[header] & 0x7F) << (7 * (header - 1));
            if ((bytes[header] & 0x80) != 0) continue;
            header++;
            return bytes.Length >= header + length;
        }

        return false;
    }
}
