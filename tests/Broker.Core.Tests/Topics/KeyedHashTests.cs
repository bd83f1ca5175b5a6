using System.Numerics;
using Broker.Core.Primitives;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class KeyedHashTests
{
    [Fact]
    public void The_reference_of_these_tests_computes_the_published_value_of_SipHash_2_4()
    {
        byte[] message = [.. Enumerable.Range(0, 15).Select(i => (byte)i)];

        Assert.Equal(0xA129CA6149BE45E5, SipHash(message, 0x0706050403020100, 0x0F0E0D0C0B0A0908, 2, 4));
    }

    [Fact]
    public void It_is_SipHash_1_3()
    {
        Gen.Select(Gen.Byte.Array[0, 40], Gen.ULong, Gen.ULong).Sample((bytes, key0, key1) =>
            KeyedHash.Compute(bytes, key0, key1) == SipHash(bytes, key0, key1, 1, 3));
    }

    [Fact]
    public void It_depends_on_the_seed_and_on_every_byte()
    {
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Int[0, 39], Gen.ULong).Sample((bytes, at, seed) =>
        {
            byte[] other = [.. bytes];
            other[at % bytes.Length] ^= 1;

            Assert.NotEqual(KeyedHash.Compute(bytes, seed), KeyedHash.Compute(other, seed));
            Assert.NotEqual(KeyedHash.Compute(bytes, seed), KeyedHash.Compute(bytes, seed + 1));
        });
    }

    [Fact]
    public void Zeros_of_different_lengths_hash_differently()
    {
        var hashes = Enumerable.Range(0, 200).Select(length => KeyedHash.Compute(new byte[length], 1)).ToHashSet();

        Assert.Equal(200, hashes.Count);
    }

    /// <summary>The algorithm by its paper, without any speed.</summary>
    private static ulong SipHash(byte[] message, ulong key0, ulong key1, int compressions, int finalizations)
    {
        ulong[] v = [key0 ^ 0x736F6D6570736575, key1 ^ 0x646F72616E646F6D, key0 ^ 0x6C7967656E657261, key1 ^ 0x7465646279746573];
        var padded = new byte[(message.Length / 8 * 8) + 8];
        message.CopyTo(padded, 0);
        padded[^1] = (byte)message.Length;
        for (int i = 0; i < padded.Length; i += 8)
        {
            ulong word = 0;
            for (int j = 7; j >= 0; j--)
            {
                word = (word << 8) | padded[i + j];
            }

            v[3] ^= word;
            Rounds(v, compressions);
            v[0] ^= word;
        }

        v[2] ^= 0xFF;
        Rounds(v, finalizations);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void Rounds(ulong[] v, int count)
    {
        for (int i = 0; i < count; i++)
        {
            v[0] += v[1];
            v[1] = BitOperations.RotateLeft(v[1], 13) ^ v[0];
            v[0] = BitOperations.RotateLeft(v[0], 32);
            v[2] += v[3];
            v[3] = BitOperations.RotateLeft(v[3], 16) ^ v[2];
            v[0] += v[3];
            v[3] = BitOperations.RotateLeft(v[3], 21) ^ v[0];
            v[2] += v[1];
            v[1] = BitOperations.RotateLeft(v[1], 17) ^ v[2];
            v[2] = BitOperations.RotateLeft(v[2], 32);
        }
    }
}
