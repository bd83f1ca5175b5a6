using System.Security.Cryptography;

namespace Broker.Core.Primitives;

/// <summary>
/// Compares byte strings by content. The hash is keyed with a number that is random for each process, because the strings
/// come from clients: nobody can choose some that collide.
/// </summary>
internal sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    /// <summary>The comparer.</summary>
    public static readonly Utf8Comparer Instance = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)));

    private readonly ulong _seed;

    private Utf8Comparer(ulong seed) => _seed = seed;

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)KeyedHash.Compute32(alternate, _seed);

    /// <inheritdoc/>
    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
