using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>How far the rules for one topic have come, where they look at more than the bytes: one for all subscribers together.</summary>
/// <remarks>Threading: under the lock of <see cref="LastValues"/> that its topic belongs to; the number is read without it.</remarks>
/// <param name="criteria">What the rules ask for together.</param>
internal sealed class RuleTrack(ChangeCriteria criteria)
{
    private long _number;

    /// <summary>What the rules ask for together.</summary>
    public ChangeCriteria Criteria { get; set; } = criteria;

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
}
