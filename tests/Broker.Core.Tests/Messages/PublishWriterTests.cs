using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Messages;

public sealed class PublishWriterTests
{
    private readonly TestMessages _messages = new();

    [Fact]
    public void A_packet_is_written_if_it_fits_and_never_an_alias_that_the_client_does_not_learn()
    {
        // Sizes around the places where both lengths of a packet take one more byte because of the alias.
        for (int properties = 120; properties < 130; properties++)
        {
            for (int body = 16_370; body < 16_400; body++)
            {
                for (int room = 0; room < 7; room++) Check(properties, body, room);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_152)]
    public void Every_length_is_written_as_another_codec_reads_it(int payload)
    {
        Message message = _messages.Create(new string('x', payload));

        foreach (ProtocolVersion version in (ProtocolVersion[])[ProtocolVersion.V311, ProtocolVersion.V5])
        {
            using var output = new OutputBuffer();
            var header = new PublishHeader(QualityOfService.ExactlyOnce, Retain: true, Dup: true);
            Assert.True(new PublishWriter(version, null, 0).TryWrite(output, message, header, 513, default, 0));

            var packet = Assert.IsType<ServerPacket.Publish>(ServerPackets.Decode(output.WrittenSpan, version == ProtocolVersion.V5, out int consumed));
            Assert.Equal(output.WrittenCount, consumed);
            Assert.Equal((QualityOfService.ExactlyOnce, true, true, 513), (packet.Qos, packet.Retain, packet.Dup, (int)packet.PacketId));
            Assert.Equal(payload, packet.Payload.Length);
        }
    }

    private void Check(int properties, int body, int room)
    {
        byte[] block = new Properties().CorrelationData(new byte[properties - 3]).ToBlock();
        Assert.Equal(properties, block.Length);
        var publication = new Publication
        {
            Topic = "abc"u8,
            Payload = new byte[body - properties - 6],
            Properties = new ForwardedProperties(block, block.Length),
            Publisher = PublisherIdentity.Broker,
        };
        Message message = _messages.Pool.Create(publication, 0);
        int plain = SizeWith(new PublishWriter(ProtocolVersion.V5, null, 0), message, out _);
        var writer = new PublishWriter(ProtocolVersion.V5, (uint)(plain + room), 5);

        int first = SizeWith(writer, message, out ServerPacket.Publish? packet);
        Assert.InRange(first, 1, plain + room);
        bool isKnown = packet!.Properties.Has(PropertyId.TopicAlias);
        SizeWith(writer, message, out packet);
        Assert.Equal(isKnown ? "" : "abc", packet!.Topic);
        message.Release();
    }

    private static int SizeWith(PublishWriter writer, Message message, out ServerPacket.Publish? packet)
    {
        using var output = new OutputBuffer();
        var header = new PublishHeader(QualityOfService.AtMostOnce, Retain: false, Dup: false);
        bool isWritten = writer.TryWrite(output, message, header, 0, default, 0);
        packet = isWritten ? (ServerPacket.Publish?)ServerPackets.Decode(output.WrittenSpan, true, out _) : null;
        return output.WrittenCount;
    }
}
