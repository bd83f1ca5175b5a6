using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// A publication as change-only subscribers see it. What holds for all who share it is worked out once: "shared" are the rules
/// for the topic or, where there are none, the comparison of bytes.
/// </summary>
internal readonly struct Change
{
    /// <summary>What is known of its topic.</summary>
    public required TopicState Topic { get; init; }

    /// <summary>The message.</summary>
    public required Message Message { get; init; }

    /// <summary>What is shared.</summary>
    public required ChangeCriteria Criteria { get; init; }

    /// <summary>Whether those who were sent what passed last get it.</summary>
    public required bool Passes { get; init; }

    /// <summary>Whether the value is what passed last: it passes, or it is the same once more.</summary>
    public bool IsWhatPassed => Passes || Topic.Track is null;

    /// <summary>Whether the topic was not known, so that it is a change for everybody.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Whether other rules are in force for the topic since its last value; then it is also a first one.</summary>
    public required bool IsAnew { get; init; }

    /// <summary>What those who share were sent before.</summary>
    public required SentValue Before { get; init; }

    /// <summary>The number of that.</summary>
    public required long NumberBefore { get; init; }

    /// <summary>The QoS of that.</summary>
    public required QualityOfService QosBefore { get; init; }

    /// <summary>The value, taken with what is shared.</summary>
    public required SentValue Value { get; init; }

    /// <summary>Milliseconds of the broker's clock.</summary>
    public required long Now { get; init; }
}
