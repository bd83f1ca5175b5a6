using System.Buffers;
using Broker.Core.Protocol;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class VariableByteIntegerTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(16_383, "FF7F")]
    [InlineData(16_384, "808001")]
    [InlineData(2_097_151, "FFFF7F")]
    [InlineData(2_097_152, "80808001")]
    [InlineData(268_435_455, "FFFFFF7F")]
    public void The_bounds_of_the_specification_have_these_bytes(int value, string hex)
    {
        var output = new ArrayBufferWriter<byte>();

        new PacketWriter(output).WriteVariableByteInteger(value);

        Assert.Equal(hex, Convert.ToHexString(output.WrittenSpan));
        Assert.Equal(output.WrittenCount, PacketWriter.VariableByteIntegerSize(value));
        Assert.Equal(value, new PacketReader(output.WrittenSpan).ReadVariableByteInteger());
    }

    [Fact]
    public void Any_value_is_read_as_it_was_written() => Gen.Int[0, 268_435_455].Sample(value =>
    {
        var output = new ArrayBufferWriter<byte>();
        new PacketWriter(output).WriteVariableByteInteger(value);
        var reader = new PacketReader(output.WrittenSpan);

        Assert.Equal(value, reader.ReadVariableByteInteger());
        Assert.True(reader.End);
    }, iter: 2_000);

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFF")]
    [InlineData("8000")]
    [InlineData("808000")]
    [InlineData("80808000")]
    [InlineData("8080808001")]
    [InlineData("FFFFFFFF")]
    public void Cut_off_too_long_or_not_shortest_is_malformed(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);

        ProtocolViolationException violation =
            Assert.Throws<ProtocolViolationException>(() => new PacketReader(bytes).ReadVariableByteInteger());

        Assert.Equal(ReasonCode.MalformedPacket, violation.ReasonCode);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(268_435_456)]
    public void What_four_bytes_cannot_hold_is_not_written(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PacketWriter.VariableByteIntegerSize(value));
}
