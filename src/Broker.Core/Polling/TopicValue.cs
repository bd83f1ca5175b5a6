using Broker.Core.ChangeDetection;
using Broker.Core.Limits;

namespace Broker.Core.Polling;

/// <summary>The value of a topic at one moment, and what is known of it.</summary>
public sealed class TopicValue : MessageLease
{
    private readonly TopicPicture _picture;
    private readonly Tenant? _tenant;

    internal TopicValue(TopicPicture picture, ValueTag tag, Tenant? tenant = null)
        : base(picture.Value)
    {
        _picture = picture;
        Tag = tag;
        _tenant = tenant;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Topic => _tenant is null ? base.Topic : _tenant.UnmountCopy(base.Topic);

    /// <summary>Tells this value from every other.</summary>
    public ValueTag Tag { get; }

    /// <summary>When the value last changed, to a tenth of a second.</summary>
    public DateTimeOffset LastModified => DateTimeOffset.FromUnixTimeMilliseconds(_picture.ChangedAt);

    /// <summary>When the topic was last published to, to a tenth of a second.</summary>
    public DateTimeOffset LastSeen => DateTimeOffset.FromUnixTimeMilliseconds(_picture.SeenAt);

    /// <summary>How many times the value changed since the broker knows the topic; the first value counts.</summary>
    public long Version => _picture.Version;
}
