using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

/// <summary>Whatever arrives, the codec reads it or refuses it, and takes no memory that depends on what the bytes claim.</summary>
public sealed class AnyBytesTests
{
    // An exception with its stack trace; measured about 1 KB.
    private const long RefusalBytes = 16_384;

    private static readonly byte[] _firstBytes = [0x10, 0x30, 0x32, 0x34, 0x3D, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0, 0xF0];

    [Fact]
    public void Random_bytes_are_read_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes => ReadOrRefuse(bytes), iter: 5_000);

    [Fact]
    public void Random_bodies_behind_a_good_header_are_read_or_refused() =>
        Gen.Select(Gen.OneOf(_firstBytes), Gen.Byte.Array[0, 100]).Sample(
            (first, body) => ReadOrRefuse(ClientPackets.Packet(first, body)), iter: 5_000);

    [Fact]
    public void Good_packets_with_a_changed_byte_are_read_or_refused() =>
        Gen.Select(PacketGens.Packet, Gen.Int[0, int.MaxValue], Gen.Byte).Sample(
            (packet, at, value) =>
            {
                byte[] changed = [.. packet];
                changed[at % packet.Length] = value;
                ReadOrRefuse(changed);
            },
            iter: 10_000);

    [Fact]
    public void Good_packets_cut_short_behind_a_true_header_are_read_or_refused() =>
        Gen.Select(PacketGens.Packet, Gen.Int[0, int.MaxValue]).Sample(
            (packet, at) =>
            {
                Assert.True(FrameReader.TryRead(packet, int.MaxValue, out Frame frame, out _));
                int body = frame.Body.Length;
                ReadOrRefuse(ClientPackets.Packet(packet[0], packet[^body..^(at % (body + 1))]));
            },
            iter: 10_000);

    [Fact]
    public void Good_packets_cost_no_memory() => PacketGens.Packet.Sample(packet => Assert.Equal(0, ReadOrRefuse(packet)), iter: 1_000);

    /// <summary>Reads the stream in each version, and returns the bytes that the first of them allocated.</summary>
    private static long ReadOrRefuse(byte[] stream)
    {
        long first = AllocatedFor(stream, ProtocolVersion.V5);
        Assert.InRange(first, 0, RefusalBytes);
        Assert.InRange(AllocatedFor(stream, ProtocolVersion.V311), 0, RefusalBytes);
        Assert.InRange(AllocatedFor(stream, ProtocolVersion.V31), 0, RefusalBytes);
        return first;
    }

    private static long AllocatedFor(byte[] stream, ProtocolVersion version)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            CodecDriver.ReadAll(stream, maxPacketBytes: 1_000_000, version);
        }
        catch (ProtocolViolationException)
        {
            // the only exception that may come out
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
