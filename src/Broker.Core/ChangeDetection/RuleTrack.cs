using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Time;

namespace Broker.Core.ChangeDetection;

/// <summary>How far the rules for one topic have come, where they look at more than the bytes: one for all subscribers together.</summary>
/// <remarks>Threading: under the lock of <see cref="LastValues"/> that its topic belongs to; the number is read without it.</remarks>
internal sealed class RuleTrack
{
    private long _number;

    /// <summary>The value that the rules let pass last.</summary>
    public SentValue Passed { get; set; }

    /// <summary>The QoS that it was published with.</summary>
    public QualityOfService Qos { get; set; }

    /// <summary>Runs through what all topics let pass.</summary>
    public long Number
    {
        get => Volatile.Read(ref _number);
        set => Volatile.Write(ref _number, value);
    }

    /// <summary>The timer that lets the newest value pass when the minimum interval is over; null if none waits.</summary>
    public WheelTimer? Hold { get; set; }

    /// <summary>The value that waits for it, with a reference.</summary>
    public Message? Held { get; set; }
}
