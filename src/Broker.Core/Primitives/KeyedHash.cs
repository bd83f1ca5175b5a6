using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Broker.Core.Primitives;

/// <summary>
/// A keyed 64-bit hash for bytes that a client chose: SipHash-1-3.
/// </summary>
/// <remarks>
/// Without the seed nobody can find inputs that collide, so a hash table of client-chosen keys cannot be flooded.
/// The multiply-and-fold family (wyhash and its relatives) is about twice as fast, but a factor that the input drives to zero wipes out
/// the rest of the key whatever the seed is; SipHash has no such inputs. For the 5 to 20 bytes of a topic level
/// it costs four to six rounds, a few nanoseconds.
/// <para>Threading: stateless.</para>
/// </remarks>
public static class KeyedHash
{
    /// <summary>Hashes <paramref name="bytes"/> with <paramref name="seed"/>.</summary>
    /// <param name="bytes">What to hash; may be empty.</param>
    /// <param name="seed">The secret of this process; random, and never shown to a client.</param>
    /// <returns>The hash; every bit of it is usable.</returns>
    public static ulong Compute(ReadOnlySpan<byte> bytes, ulong seed)
    {
        // The second half of the 128-bit key is a bijection of the first: the secret has 64 bits, which nobody searches through over a network.
        return Compute(bytes, seed, (seed ^ 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9);
    }

    /// <summary>The same in 32 bits, which both halves of it are in: what hash tables keep beside each key.</summary>
    /// <param name="bytes">What to hash; may be empty.</param>
    /// <param name="seed">The secret of this process.</param>
    internal static uint Compute32(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong hash = Compute(bytes, seed);
        return (uint)(hash ^ (hash >> 32));
    }

    internal static ulong Compute(ReadOnlySpan<byte> bytes, ulong key0, ulong key1)
    {
        ulong v0 = key0 ^ 0x736F6D6570736575; // "somepseudorandomlygeneratedbytes", the constants of the algorithm
        ulong v1 = key1 ^ 0x646F72616E646F6D;
        ulong v2 = key0 ^ 0x6C7967656E657261;
        ulong v3 = key1 ^ 0x7465646279746573;
        ulong last = (ulong)bytes.Length << 56;

        while (bytes.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            bytes = bytes[sizeof(ulong)..];
        }

        last |= Tail(bytes);
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;

        v2 ^= 0xFF;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /// <summary>The last 0 to 7 bytes as a little-endian number, without reading past their end.</summary>
    private static ulong Tail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= sizeof(uint))
        {
            // Two overlapping reads; the bytes that both see are the same bits, so OR joins them.
            ulong low = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            ulong high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]);
            return low | (high << ((bytes.Length - sizeof(uint)) * 8));
        }

        ulong tail = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            tail |= (ulong)bytes[i] << (i * 8);
        }

        return tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // four calls of it are the whole cost of a short key: SubscriptionTreeBenchmarks
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
