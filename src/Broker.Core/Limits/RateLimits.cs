using System.ComponentModel.DataAnnotations;

namespace Broker.Core.Limits;

/// <summary>
/// How fast somebody may be. None is set by default: what is too fast for one is an ordinary load for another, and who sends faster than
/// the broker takes is held up by TCP. Each allows a burst of one second's worth.
/// </summary>
public record RateLimits
{
    /// <summary>Connects a second; one more is refused with 0x9F.</summary>
    [Range(1, 1_000_000)]
    public int? ConnectRate { get; init; }

    /// <summary>Publications a second that are read; past it the broker stops reading until they are paid for. Nothing is dropped.</summary>
    [Range(1, 100_000_000)]
    public int? MessageRate { get; init; }

    /// <summary>Bytes a second that are read; past it the broker stops reading until they are paid for. Nothing is dropped.</summary>
    [Range(1_024, 1_099_511_627_776)]
    public long? ByteRate { get; init; }
}
