using System.Diagnostics;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Connections;

public sealed class FrameAssemblerTests
{
    private static readonly Gen<byte[]> _packets =
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 2])
            .Select((size, qos) => ClientPackets.Publish(ProtocolVersion.V5, "a", new string('x', size), (QualityOfService)qos, 1))
            .Array[1, 8]
            .Select(packets => packets.SelectMany(p => p).ToArray());

    [Fact]
    public void Any_split_gives_the_same_packets()
    {
        Gen.Select(_packets, Gen.Int[1, 50].Array[1, 20]).Sample((bytes, cuts) =>
        {
            List<byte[]> whole = Feed(bytes, [bytes.Length]);
            Assert.Equal(bytes, whole.SelectMany(p => p));
            Assert.Equal(whole, Feed(bytes, cuts));
        });
    }

    [Fact]
    public void A_megabyte_in_single_bytes_takes_time_that_grows_with_its_size_only()
    {
        TimeSpan small = TimeOf(128 * 1_024);
        TimeSpan large = TimeOf(1_024 * 1_024);

        // 8 times the bytes: quadratic work would be 64 times as much.
        Assert.True(large < (30 * small) + TimeSpan.FromMilliseconds(200), $"{small} and {large}");
    }

    [Fact]
    public void Memory_grows_with_the_bytes_that_came_not_with_those_announced()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var assemblers = new FrameAssembler[1_000];
        for (int i = 0; i < assemblers.Length; i++)
        {
            assemblers[i] = new FrameAssembler();
            ReadOnlySpan<byte> bytes = [0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1];
            Assert.False(assemblers[i].TryTake(ref bytes, int.MaxValue, ProtocolVersion.V5, isFirst: false, out _));
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (FrameAssembler assembler in assemblers) assembler.Dispose();
        Assert.InRange(allocated, 0, 1_000 * 1_024);
    }

    [Fact]
    public void The_first_packet_is_judged_by_its_first_byte()
    {
        using var assembler = new FrameAssembler();

        var violation = Assert.Throws<ProtocolViolationException>(() =>
        {
            ReadOnlySpan<byte> bytes = "G"u8;
            assembler.TryTake(ref bytes, 100, ProtocolVersion.V5, isFirst: true, out _);
        });

        Assert.Equal(ReasonCode.ProtocolError, violation.ReasonCode);
    }

    [Fact]
    public void Bytes_that_were_held_come_before_those_that_follow()
    {
        byte[] first = ClientPackets.Publish(ProtocolVersion.V5, "a", "1");
        byte[] second = ClientPackets.Publish(ProtocolVersion.V5, "a", "2");
        using var assembler = new FrameAssembler();
        ReadOnlySpan<byte> bytes = first;
        assembler.Hold(ref bytes);
        Assert.True(bytes.IsEmpty);

        bytes = second;
        Assert.True(assembler.TryTake(ref bytes, 100, ProtocolVersion.V5, isFirst: false, out Frame frame));
        Assert.Equal((byte)'1', frame.Body[^1]);
        assembler.Release();
        Assert.True(assembler.TryTake(ref bytes, 100, ProtocolVersion.V5, isFirst: false, out frame));
        Assert.Equal((byte)'2', frame.Body[^1]);
    }

    private static TimeSpan TimeOf(int size)
    {
        byte[] packet = ClientPackets.Publish(ProtocolVersion.V5, "a", new byte[size]);
        Feed(packet[..1_000], [1]); // warm
        long start = Stopwatch.GetTimestamp();
        Assert.Single(Feed(packet, [1]));
        return Stopwatch.GetElapsedTime(start);
    }

    private static List<byte[]> Feed(byte[] bytes, int[] cuts)
    {
        List<byte[]> packets = [];
        using var assembler = new FrameAssembler();
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            int next = Math.Min(bytes.Length, at + cuts[i % cuts.Length]);
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, next - at);
            while (assembler.TryTake(ref chunk, int.MaxValue, ProtocolVersion.V5, isFirst: false, out Frame frame))
            {
                packets.Add(ClientPackets.Packet((byte)(((int)frame.Type << 4) | frame.Flags), frame.Body.ToArray()));
                assembler.Release();
            }

            Assert.True(chunk.IsEmpty);
            at = next;
        }

        return packets;
    }
}
