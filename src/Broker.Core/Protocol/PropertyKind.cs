namespace Broker.Core.Protocol;

/// <summary>How a property's value is encoded.</summary>
internal enum PropertyKind : byte
{
    /// <summary>There is no such property.</summary>
    None = 0,

    /// <summary>One byte, 0 or 1.</summary>
    Flag,

    /// <summary>Two byte integer.</summary>
    UInt16,

    /// <summary>Four byte integer.</summary>
    UInt32,

    /// <summary>Variable byte integer.</summary>
    VariableByteInteger,

    /// <summary>UTF-8 string.</summary>
    Utf8,

    /// <summary>Binary data.</summary>
    Binary,

    /// <summary>Two UTF-8 strings.</summary>
    Utf8Pair,
}
