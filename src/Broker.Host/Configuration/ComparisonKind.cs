namespace Broker.Host.Configuration;

/// <summary>How a change-only rule compares two values.</summary>
internal enum ComparisonKind
{
    /// <summary>Byte by byte.</summary>
    Bytes,

    /// <summary>The pointed-to values of a JSON payload; the whole document where there is no pointer.</summary>
    Json,

    /// <summary>As numbers: the payload, or the pointed-to values.</summary>
    Number,
}
