using System.Buffers.Binary;
using System.Text;

namespace Broker.Client.Publishing;

/// <summary>A message in the outbound queue's file: QoS, retain, expiry time (ms since 1970, -1: never), topic, payload, and the rest of its options.</summary>
internal static class OutboxRecord
{
    public static void Write(OutboxRecordBuffer buffer, OutboxEntry entry)
    {
        PublishOptions options = entry.Message.Options;
        buffer.WriteByte((byte)options.Qos);
        buffer.WriteByte(options.Retain ? (byte)1 : (byte)0);
        buffer.WriteInt64(entry.ExpiresAt?.ToUnixTimeMilliseconds() ?? -1);
        buffer.WriteText(entry.Message.Topic);
        buffer.WriteBytes(entry.Message.Payload.Span);
        buffer.WriteText(options.ContentType);
        buffer.WriteText(options.ResponseTopic);
        buffer.WriteBytes(options.CorrelationData.Span);
        buffer.WriteInt32(options.UserProperties.Count);
        foreach ((string name, string value) in options.UserProperties)
        {
            buffer.WriteText(name);
            buffer.WriteText(value);
        }
    }

    public static OutboxEntry Read(ReadOnlyMemory<byte> record, long sequence)
    {
        var qos = (QualityOfService)record.Span[0];
        bool retain = record.Span[1] != 0;
        long expires = BinaryPrimitives.ReadInt64LittleEndian(record.Span[2..]);
        int at = 2 + sizeof(long);
        string topic = Text(record, ref at) ?? "";
        ReadOnlyMemory<byte> payload = Bytes(record, ref at);
        string? contentType = Text(record, ref at);
        string? responseTopic = Text(record, ref at);
        ReadOnlyMemory<byte> correlation = Bytes(record, ref at);
        var properties = new KeyValuePair<string, string>[Int32(record, ref at)];
        for (int i = 0; i < properties.Length; i++) properties[i] = new KeyValuePair<string, string>(Text(record, ref at) ?? "", Text(record, ref at) ?? "");
        var message = new OutgoingMessage(topic, payload)
        {
            Options = new PublishOptions
            {
                Qos = qos,
                Retain = retain,
                ContentType = contentType,
                ResponseTopic = responseTopic,
                CorrelationData = correlation,
                UserProperties = properties,
            },
        };
        return new OutboxEntry(sequence, message, expires < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(expires), record.Length) { Persistent = true };
    }

    private static int Int32(ReadOnlyMemory<byte> record, ref int at)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(record.Span[at..]);
        at += sizeof(int);
        return value;
    }

    private static ReadOnlyMemory<byte> Bytes(ReadOnlyMemory<byte> record, ref int at)
    {
        int length = Int32(record, ref at);
        at += length;
        return record.Slice(at - length, length);
    }

    private static string? Text(ReadOnlyMemory<byte> record, ref int at)
    {
        int length = Int32(record, ref at);
        if (length < 0) return null;
        at += length;
        return Encoding.UTF8.GetString(record.Span.Slice(at - length, length));
    }
}
