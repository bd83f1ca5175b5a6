using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>Makes the tags of values.</summary>
/// <param name="key">Random: the digests' key, from which the tags' own are derived.</param>
/// <remarks>Threading: immutable.</remarks>
internal sealed class ValueTagger(ulong key)
{
    private readonly ulong _high = KeyedHash.Compute("tag, high"u8, key);
    private readonly ulong _low = KeyedHash.Compute("tag, low"u8, key);
    private readonly ulong _type = KeyedHash.Compute("tag, content type"u8, key);

    /// <summary>The tag of a message's payload and content type; its other properties do not count.</summary>
    public ValueTag TagOf(Message message)
    {
        ulong type = PropertyReader.TryFind(message.Properties, PropertyId.ContentType, out ReadOnlySpan<byte> contentType)
            ? KeyedHash.Compute(contentType, _type)
            : 0;
        return new ValueTag(KeyedHash.Compute(message.Payload, _high ^ type), KeyedHash.Compute(message.Payload, _low ^ type));
    }
}
