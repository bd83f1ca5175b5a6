using Broker.Core.Primitives;
using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>
/// Cuts the bytes of a connection into packets. Whole packets are read where they lie; only a packet that arrives in parts is
/// copied, into memory that grows with the bytes that really came, never with the length that a header announces.
/// </summary>
/// <remarks>
/// Threading: whoever calls Receive, one at a time. Owner: the connection, which has none before a packet comes in parts: most
/// never do.
/// </remarks>
internal sealed class FrameAssembler : IDisposable
{
    private readonly OutputBuffer _held = new();
    private int _consumed;

    /// <summary>As the other, with an assembler that is made when a packet comes in parts.</summary>
    /// <param name="assembler">The connection's; null while it has none.</param>
    /// <param name="bytes">What arrived and is not yet taken.</param>
    /// <param name="maximum">The largest packet.</param>
    /// <param name="version">The connection's version; MQTT 5 before it is known.</param>
    /// <param name="isFirst">Whether nothing but a CONNECT may come.</param>
    /// <param name="frame">The packet; valid until <see cref="Release"/>.</param>
    public static bool TryTake(
        ref FrameAssembler? assembler, ref ReadOnlySpan<byte> bytes, int maximum, ProtocolVersion version, bool isFirst, out Frame frame)
    {
        if (assembler is null)
        {
            if (isFirst) RequireConnect(bytes);
            if (FrameReader.TryRead(bytes, maximum, version, out frame, out int size))
            {
                bytes = bytes[size..];
                return true;
            }

            if (bytes.IsEmpty) return false;
            assembler = new FrameAssembler();
        }

        return assembler.TryTake(ref bytes, maximum, version, isFirst, out frame);
    }

    /// <summary>Takes the next whole packet; keeps the bytes of an unfinished one and takes them out of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What arrived and is not yet taken.</param>
    /// <param name="maximum">The largest packet.</param>
    /// <param name="version">The connection's version; MQTT 5 before it is known.</param>
    /// <param name="isFirst">Whether nothing but a CONNECT may come: anything else is seen at its first byte.</param>
    /// <param name="frame">The packet; valid until <see cref="Release"/>.</param>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, int maximum, ProtocolVersion version, bool isFirst, out Frame frame)
    {
        if (isFirst) RequireConnect(_held.WrittenCount > 0 ? _held.WrittenSpan : bytes);
        if (_held.WrittenCount == 0)
        {
            if (FrameReader.TryRead(bytes, maximum, version, out frame, out int size))
            {
                bytes = bytes[size..];
                return true;
            }

            _held.Write(bytes);
            bytes = default;
            return false;
        }

        while (true)
        {
            if (FrameReader.TryRead(_held.WrittenSpan, maximum, version, out frame, out int size))
            {
                _consumed = size;
                return true;
            }

            if (bytes.IsEmpty) return false;
            int taken = Math.Min(size == 0 ? 1 : size - _held.WrittenCount, bytes.Length); // byte by byte until the length is known
            _held.Write(bytes[..taken]);
            bytes = bytes[taken..];
        }
    }

    /// <summary>The packet that was taken has been handled.</summary>
    public void Release()
    {
        if (_consumed == 0) return;
        _held.Consume(_consumed);
        _consumed = 0;
        if (_held.WrittenCount == 0) _held.Dispose(); // an idle connection holds no memory
    }

    /// <summary>Keeps bytes for later without looking at them.</summary>
    public void Hold(ref ReadOnlySpan<byte> bytes)
    {
        _held.Write(bytes);
        bytes = default;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _held.Dispose();

    private static void RequireConnect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] >> 4 == (int)PacketType.Connect) return;
        ProtocolViolationException.Protocol("The first packet has to be CONNECT"); // [MQTT-3.1.0-1]
    }
}
