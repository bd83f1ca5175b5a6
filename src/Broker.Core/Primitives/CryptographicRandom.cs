using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Broker.Core.Primitives;

/// <summary>Random numbers that nobody can foresee: hash keys and client identifiers must not be guessed.</summary>
internal sealed class CryptographicRandom : Random
{
    /// <inheritdoc/>
    public override int Next() => Next(int.MaxValue);

    /// <inheritdoc/>
    public override int Next(int maxValue) => RandomNumberGenerator.GetInt32(Math.Max(1, maxValue));

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue) => minValue == maxValue ? minValue : RandomNumberGenerator.GetInt32(minValue, maxValue);

    /// <inheritdoc/>
    public override long NextInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes) & long.MaxValue;
    }

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    protected override double Sample() => (NextInt64() >> 10) * (1.0 / (1L << 53));
}
