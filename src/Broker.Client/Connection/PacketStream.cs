using System.Buffers;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace Broker.Client.Connection;

/// <summary>
/// Packets over a stream of bytes, with MQTTnet's codec: reads many packets per system call, and writes as many as were appended in one.
/// </summary>
/// <remarks>Threading: one reader, and one writer at a time; the two are independent. Owner: <see cref="BrokerConnection"/>.</remarks>
internal sealed class PacketStream : IAsyncDisposable
{
    private const int ReadBufferBytes = 16 * 1024;
    private const int FirstWriteBufferBytes = 16 * 1024;
    private const int LongestFixedHeader = 5;

    // A DISCONNECT that ends the session: reason 0x00, Session Expiry Interval 0. The codec leaves an interval of 0 away.
    private static readonly byte[] _farewellToSession = [0xE0, 7, 0x00, 5, 17, 0, 0, 0, 0];

    private readonly Stream _stream;
    private readonly int _maxPacketBytes;

    // reader only
    private readonly MqttPacketFormatterAdapter _decoder = new(MqttProtocolVersion.V500, new MqttBufferWriter(64, 64));
    private readonly byte[] _input = new byte[ReadBufferBytes];
    private int _inputStart;
    private int _inputEnd;

    // writer only
    private readonly MqttPacketFormatterAdapter _encoder = new(MqttProtocolVersion.V500, new MqttBufferWriter(4096, 64 * 1024));
    private byte[] _output = new byte[FirstWriteBufferBytes];
    private int _outputEnd;

    /// <summary>Packets over a stream.</summary>
    /// <param name="stream">The stream; disposed with this.</param>
    /// <param name="maxPacketBytes">The largest packet to accept.</param>
    public PacketStream(Stream stream, int maxPacketBytes)
    {
        _stream = stream;
        _maxPacketBytes = maxPacketBytes;
    }

    /// <summary>Bytes appended and not flushed.</summary>
    public int Pending => _outputEnd;

    /// <summary>Reads the next packet; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">What came is not MQTT, or too large.</exception>
    public ValueTask<MqttPacket?> ReadAsync(CancellationToken cancellationToken)
    {
        return TryReadHeader(out int headerBytes, out int bodyBytes) && _inputEnd - _inputStart >= headerBytes + bodyBytes
            ? new ValueTask<MqttPacket?>(TakeBuffered(headerBytes, bodyBytes))
            : ReadSlowAsync(cancellationToken);
    }

    /// <summary>Appends a packet to what the next flush sends.</summary>
    /// <returns>Its size in bytes.</returns>
    public int Append(MqttPacket packet)
    {
        MqttPacketBuffer encoded = _encoder.Encode(packet);
        int length = encoded.Length;
        Reserve(length);
        encoded.Packet.AsSpan().CopyTo(_output.AsSpan(_outputEnd));
        encoded.Payload.CopyTo(_output.AsSpan(_outputEnd + encoded.Packet.Count));
        _outputEnd += length;
        _encoder.Cleanup();
        return length;
    }

    /// <summary>Takes back what was appended last.</summary>
    /// <param name="bytes">Its size.</param>
    public void Retract(int bytes) => _outputEnd -= bytes;

    /// <summary>Appends the DISCONNECT that ends the session with the connection.</summary>
    public void AppendFarewellToSession()
    {
        Reserve(_farewellToSession.Length);
        _farewellToSession.CopyTo(_output, _outputEnd);
        _outputEnd += _farewellToSession.Length;
    }

    /// <summary>Sends what was appended.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_outputEnd == 0) return;
        await _stream.WriteAsync(_output.AsMemory(0, _outputEnd), cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _outputEnd = 0;
        if (_output.Length > 16 * FirstWriteBufferBytes) _output = new byte[FirstWriteBufferBytes]; // one large message does not stay for good
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<MqttPacket?> ReadSlowAsync(CancellationToken cancellationToken)
    {
        int headerBytes;
        int bodyBytes;
        while (!TryReadHeader(out headerBytes, out bodyBytes))
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return null;
        }

        if (headerBytes + bodyBytes > _maxPacketBytes)
        {
            throw new InvalidDataException($"The broker sent a packet of {headerBytes + bodyBytes} bytes; MaxPacketBytes allows {_maxPacketBytes}");
        }

        if (_inputEnd - _inputStart >= headerBytes + bodyBytes) return TakeBuffered(headerBytes, bodyBytes);
        byte first = _input[_inputStart];
        var body = new byte[bodyBytes];
        int have = _inputEnd - _inputStart - headerBytes;
        _input.AsSpan(_inputStart + headerBytes, have).CopyTo(body);
        _inputStart = _inputEnd = 0;
        while (have < bodyBytes)
        {
            int read = bodyBytes - have < ReadBufferBytes
                ? await FillThenCopyAsync(body.AsMemory(have), cancellationToken).ConfigureAwait(false)
                : await _stream.ReadAsync(body.AsMemory(have), cancellationToken).ConfigureAwait(false);
            if (read == 0) return null;
            have += read;
        }

        return Decode(first, body, headerBytes);
    }

    // The tail of a packet usually comes with the head of the next: one system call for both.
    private async ValueTask<int> FillThenCopyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return 0;
        int count = Math.Min(target.Length, _inputEnd - _inputStart);
        _input.AsSpan(_inputStart, count).CopyTo(target.Span);
        _inputStart += count;
        return count;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_inputStart == _inputEnd)
        {
            _inputStart = _inputEnd = 0;
        }
        else if (_input.Length - _inputEnd < LongestFixedHeader)
        {
            _input.AsSpan(_inputStart, _inputEnd - _inputStart).CopyTo(_input);
            _inputEnd -= _inputStart;
            _inputStart = 0;
        }

        int read = await _stream.ReadAsync(_input.AsMemory(_inputEnd), cancellationToken).ConfigureAwait(false);
        _inputEnd += read;
        return read > 0;
    }

    private bool TryReadHeader(out int headerBytes, out int bodyBytes)
    {
        headerBytes = 1;
        bodyBytes = 0;
        int available = _inputEnd - _inputStart;
        for (int shift = 0; headerBytes < available; shift += 7)
        {
            if (headerBytes == LongestFixedHeader) throw new InvalidDataException("The broker sent a packet whose length does not end"); // [MQTT-1.5.5-1]
            byte next = _input[_inputStart + headerBytes++];
            bodyBytes |= (next & 0x7F) << shift;
            if (next < 0x80) return true;
        }

        return false;
    }

    private MqttPacket TakeBuffered(int headerBytes, int bodyBytes)
    {
        byte first = _input[_inputStart];
        byte[] body = _input.AsSpan(_inputStart + headerBytes, bodyBytes).ToArray(); // the payload of a message stays in it
        _inputStart += headerBytes + bodyBytes;
        return Decode(first, body, headerBytes);
    }

    private MqttPacket Decode(byte first, byte[] body, int headerBytes)
    {
        if (body.Length == 0 && first >> 4 == 14) return new MqttDisconnectPacket(); // no reason code means 0x00 [MQTT-3.14.2.1]
        return _decoder.Decode(new ReceivedMqttPacket(first, new ArraySegment<byte>(body), headerBytes + body.Length));
    }

    private void Reserve(int bytes)
    {
        if (_output.Length - _outputEnd >= bytes) return;
        Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputEnd + bytes));
    }
}
