using Broker.Core.Messages;

namespace Broker.Core.ChangeDetection;

/// <summary>What is known of a topic at one moment; whoever has it holds one reference of the value.</summary>
/// <param name="Value">The value.</param>
/// <param name="Version">How many times it changed.</param>
/// <param name="ChangedAt">When it last changed, in milliseconds since 1970.</param>
/// <param name="SeenAt">When it was last published, in milliseconds since 1970.</param>
/// <param name="ChangeNumber">The number of its last change among those of all topics.</param>
internal sealed record TopicPicture(Message Value, long Version, long ChangedAt, long SeenAt, long ChangeNumber)
{
    private ValueTag _tag;
    private bool _hasTag;

    /// <summary>The value's tag, computed once. One thread at a time.</summary>
    public ValueTag TagOf(ValueTagger tagger)
    {
        if (!_hasTag)
        {
            _tag = tagger.TagOf(Value);
            _hasTag = true;
        }

        return _tag;
    }
}
