using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>A publication that is noted to be delivered as a change.</summary>
/// <param name="Now">Milliseconds of the broker's clock.</param>
/// <param name="DigestKey">The key of the digests of values.</param>
internal readonly record struct Delivering(long Now, ulong DigestKey)
{
    /// <summary>What is remembered of a value that is replaced.</summary>
    public PreviousValue Previous(ReadOnlySpan<byte> payload, ChangeCriteria? criteria, QualityOfService qos) =>
        new(SentValue.Of(payload, criteria ?? ChangeCriteria.Exact, Now, DigestKey), qos);
}
