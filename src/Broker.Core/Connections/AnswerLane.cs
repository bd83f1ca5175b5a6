using Broker.Core.Primitives;

namespace Broker.Core.Connections;

/// <summary>The packets other than PUBLISH that wait to leave a connection, already encoded, in order; sent before anything else.</summary>
/// <remarks>Threading: reached through <see cref="Guarded{T}"/> only. It holds no memory while it is empty.</remarks>
internal struct AnswerLane
{
    [ThreadStatic]
    private static OutputBuffer? _spare; // so that a busy connection does not make a new buffer object for every read

    private OutputBuffer? _bytes;

    /// <summary>Where packets are encoded to.</summary>
    public OutputBuffer Bytes
    {
        get
        {
            if (_bytes is not null) return _bytes;
            _bytes = _spare ?? new OutputBuffer();
            _spare = null;
            return _bytes;
        }
    }

    /// <summary>Bytes that wait.</summary>
    public readonly int WrittenCount => _bytes?.WrittenCount ?? 0;

    /// <summary>How many packets they are.</summary>
    public int Packets { get; set; }

    /// <summary>Whether reading stopped because the client does not take its answers.</summary>
    public bool HoldsReading { get; set; }

    /// <summary>Appends what waits to <paramref name="output"/>, and is empty.</summary>
    /// <returns>How many packets that were.</returns>
    public int MoveTo(OutputBuffer output)
    {
        if (_bytes is not null) output.Write(_bytes.WrittenSpan);
        int packets = Packets;
        Clear();
        return packets;
    }

    /// <summary>Forgets what waits, and gives the memory back.</summary>
    public void Clear()
    {
        Packets = 0;
        if (_bytes is null) return;
        _bytes.Dispose();
        _spare = _bytes;
        _bytes = null;
    }
}
