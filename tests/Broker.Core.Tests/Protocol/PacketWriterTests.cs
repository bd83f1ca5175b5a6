using System.Buffers;
using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class PacketWriterTests
{
    [Fact]
    public void Numbers_are_big_endian_and_strings_have_their_length_in_front()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new PacketWriter(output);

        writer.WriteByte(1);
        writer.WriteUInt16(0x0203);
        writer.WriteUInt32(0x04050607);
        writer.WriteUtf8("é");
        writer.WriteUtf8("ab"u8);
        writer.WriteBinary([8]);
        writer.WriteBytes([9]);

        Assert.Equal("01" + "0203" + "04050607" + "0002C3A9" + "00026162" + "000108" + "09", Convert.ToHexString(output.WrittenSpan));
        Assert.Equal(output.WrittenCount, writer.Written);
    }

    [Fact]
    public void A_counter_counts_what_a_writer_would_write()
    {
        PacketWriter counter = PacketWriter.Counter();

        counter.WriteByte(1);
        counter.WriteUInt16(2);
        counter.WriteUInt32(3);
        counter.WriteVariableByteInteger(200);
        counter.WriteUtf8("é");
        counter.WriteBinary([8]);

        Assert.Equal(1 + 2 + 4 + 2 + 4 + 3, counter.Written);
    }

    [Fact]
    public void A_string_that_has_no_length_in_mqtt_is_not_written()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.Throws<ArgumentException>(() => new PacketWriter(output).WriteUtf8(new string('x', 65_536)));
        Assert.Throws<ArgumentException>(() => new PacketWriter(output).WriteBinary(new byte[65_536]));

        Assert.Equal(0, output.WrittenCount);
    }
}
