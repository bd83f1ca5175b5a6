using Broker.Core.Primitives;

namespace Broker.Core.Connections;

/// <summary>The packets other than PUBLISH that wait to leave a connection, already encoded, in order; sent before anything else.</summary>
/// <remarks>Threading: reached through <see cref="Guarded{T}"/> only. It holds no memory while it is empty.</remarks>
internal sealed class AnswerLane
{
    /// <summary>The encoded packets.</summary>
    public OutputBuffer Bytes { get; } = new();

    /// <summary>How many packets they are.</summary>
    public int Packets { get; set; }

    /// <summary>Whether reading stopped because the client does not take its answers.</summary>
    public bool HoldsReading { get; set; }
}
