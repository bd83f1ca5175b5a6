using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class FrameReaderTests
{
    private const int Large = 268_435_460;

    [Fact]
    public void Any_split_of_the_bytes_gives_the_same_frames() =>
        Gen.Select(PacketGens.Packet.Array[1, 8], Gen.Int[1, 40].Array[1, 200]).Sample((packets, chunks) =>
        {
            byte[] stream = [.. packets.SelectMany(packet => packet)];
            List<byte[]> frames = [];
            int start = 0;
            int received = 0;
            for (int i = 0; received < stream.Length; i++)
            {
                received = Math.Min(stream.Length, received + chunks[i % chunks.Length]);
                while (FrameReader.TryRead(stream.AsSpan(start, received - start), Large, out Frame frame, out int frameBytes))
                {
                    Assert.Equal(stream[start], (byte)(((int)frame.Type << 4) | frame.Flags));
                    Assert.True(stream.AsSpan(start, frameBytes).EndsWith(frame.Body));
                    frames.Add(stream[start..(start + frameBytes)]);
                    start += frameBytes;
                }
            }

            Assert.Equal(packets, frames);
        });

    [Fact]
    public void Every_packet_cut_at_every_byte_is_incomplete_and_tells_its_size_with_its_length() => PacketGens.Packet.Sample(packet =>
    {
        int headerBytes = 1 + PacketWriter.VariableByteIntegerSize(packet.Length - 2 > 127 ? packet.Length - 3 : packet.Length - 2);
        for (int cut = 0; cut < packet.Length; cut++)
        {
            Assert.False(FrameReader.TryRead(packet.AsSpan(0, cut), Large, out _, out int frameBytes));
            Assert.Equal(cut < headerBytes ? 0 : packet.Length, frameBytes);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_151)]
    [InlineData(2_097_152)]
    public void A_length_is_read_in_each_of_its_sizes(int length)
    {
        byte[] packet = ClientPackets.Packet(0x30, new byte[length]);

        bool complete = FrameReader.TryRead(packet, Large, out Frame frame, out int frameBytes);

        Assert.True(complete);
        Assert.Equal(packet.Length, frameBytes);
        Assert.Equal(length, frame.Body.Length);
    }

    [Fact]
    public void The_largest_length_is_known_from_the_header_alone()
    {
        bool complete = FrameReader.TryRead([0x30, 0xFF, 0xFF, 0xFF, 0x7F], Large, out _, out int frameBytes);

        Assert.False(complete);
        Assert.Equal(Large, frameBytes);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(127, false)]
    public void A_packet_may_be_as_large_as_the_limit_and_no_larger(int maxPacketBytes, bool accepted)
    {
        byte[] packet = ClientPackets.Packet(0x30, new byte[126]);

        ReasonCode? refused = RefusalOf(packet.AsSpan(0, 2), maxPacketBytes, ProtocolVersion.V5);

        Assert.Equal(accepted ? null : ReasonCode.PacketTooLarge, refused);
    }

    [Fact]
    public void Reserved_flags_are_refused_at_the_first_byte_for_every_type()
    {
        for (int first = 0; first < 256; first++)
        {
            var type = (PacketType)(first >> 4);
            int flags = first & 0x0F;
            ReasonCode? expected = type switch
            {
                0 => ReasonCode.MalformedPacket,
                PacketType.Publish => null,
                PacketType.ConnAck or PacketType.SubAck or PacketType.UnsubAck or PacketType.PingResp => ReasonCode.ProtocolError,
                PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => flags == 2 ? null : ReasonCode.MalformedPacket,
                _ => flags == 0 ? null : ReasonCode.MalformedPacket,
            };

            Assert.Equal(expected, RefusalOf([(byte)first], Large, ProtocolVersion.V5));
        }
    }

    [Theory]
    [InlineData(0x8A, ProtocolVersion.V31, null)]
    [InlineData(0xAA, ProtocolVersion.V31, null)]
    [InlineData(0x6A, ProtocolVersion.V31, null)]
    [InlineData(0x6A, ProtocolVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0xF0, ProtocolVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0xF0, ProtocolVersion.V31, ReasonCode.MalformedPacket)]
    [InlineData(0xF0, ProtocolVersion.V5, null)]
    public void Older_versions_have_their_own_rules_for_the_first_byte(int first, ProtocolVersion version, ReasonCode? expected) =>
        Assert.Equal(expected, RefusalOf([(byte)first], Large, version));

    private static ReasonCode? RefusalOf(ReadOnlySpan<byte> bytes, int maxPacketBytes, ProtocolVersion version)
    {
        try
        {
            FrameReader.TryRead(bytes, maxPacketBytes, version, out _, out _);
            return null;
        }
        catch (ProtocolViolationException violation)
        {
            return violation.ReasonCode;
        }
    }
}
