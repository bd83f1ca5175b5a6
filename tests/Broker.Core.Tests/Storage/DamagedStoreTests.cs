using Broker.Core.Storage;
using Broker.Testing;
using Xunit;

namespace Broker.Core.Tests.Storage;

/// <summary>A broker that starts from records that contradict themselves says so; each of these was found by the fuzzer.</summary>
public sealed class DamagedStoreTests
{
    [Fact]
    public void A_message_that_was_released_before_it_was_sent_is_told_and_not_a_null_reference()
    {
        byte[] records = Records(w => w.Begin(RecordKind.Released).Int64(1).Int64(2).End());

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TestBroker(configure: parts => parts with { Store = new GivenStore(records) }));

        Assert.Contains("released before it was sent", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_messages_with_one_packet_identifier_are_told()
    {
        byte[] records = Records(w =>
        {
            w.Begin(RecordKind.Queued).Int64(1).Int64(3).Int64(5).Byte(2).Int32(0).Int32(0).End();
            w.Begin(RecordKind.Assigned).Int64(1).Int64(2).UInt16(7).End();
            w.Begin(RecordKind.Assigned).Int64(1).Int64(3).UInt16(7).End();
        });

        Assert.Throws<InvalidDataException>(() => new TestBroker(configure: parts => parts with { Store = new GivenStore(records) }));
    }

    [Fact]
    public void A_message_that_was_released_without_being_QoS_2_is_told_and_fails_no_timer_later()
    {
        byte[] records = Records(w =>
        {
            w.Begin(RecordKind.Queued).Int64(1).Int64(3).Int64(5).Byte(1).Int32(0).Int32(0).End();
            w.Begin(RecordKind.Assigned).Int64(1).Int64(3).UInt16(7).End();
            w.Begin(RecordKind.Released).Int64(1).Int64(3).End();
        });

        Assert.Throws<InvalidDataException>(() => new TestBroker(configure: parts => parts with { Store = new GivenStore(records) }));
    }

    [Theory]
    [InlineData("61FF", "")]
    [InlineData("", "")]
    [InlineData("612F23", "")]
    [InlineData("61", "260001FF000162")]
    [InlineData("61", "26")]
    public void A_topic_or_properties_that_are_none_are_told_and_sent_to_nobody(string topic, string properties)
    {
        byte[] records = Records(w =>
        {
            w.Begin(RecordKind.Message).Int64(6).Byte(4).Byte(0).Int64(0).Int64(0).Bytes(Convert.FromHexString(topic)).Bytes(Convert.FromHexString(properties)).Bytes("x"u8)
                .Text("p").Text("anonymous").Text("").End();
            w.Begin(RecordKind.Retained).Int64(6).End();
        });

        Assert.Throws<InvalidDataException>(() => new TestBroker(configure: parts => parts with { Store = new GivenStore(records) }));
    }

    [Fact]
    public void Without_a_contradiction_it_starts()
    {
        byte[] records = Records(w =>
        {
            w.Begin(RecordKind.Assigned).Int64(1).Int64(2).UInt16(7).End();
            w.Begin(RecordKind.Released).Int64(1).Int64(2).End();
        });

        using var broker = new TestBroker(configure: parts => parts with { Store = new GivenStore(records) });
    }

    /// <summary>A session with one QoS 2 message that waits, and more.</summary>
    private static byte[] Records(Action<RecordWriter> more)
    {
        var writer = new RecordWriter();
        writer.Begin(RecordKind.Session).Int64(1).Text("c").Text("anonymous").Text("").Int64(86_400_000).Int64(0).Int64(0).Int64(0).Int64(-1).End();
        writer.Begin(RecordKind.Message).Int64(5).Byte(2).Byte(0).Int64(0).Int64(0).Bytes("t"u8).Bytes([]).Bytes("x"u8).Text("p").Text("anonymous").Text("").End();
        writer.Begin(RecordKind.Queued).Int64(1).Int64(2).Int64(5).Byte(2).Int32(0).Int32(0).End();
        more(writer);
        return writer.Written.ToArray();
    }
}
