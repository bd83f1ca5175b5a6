using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Broker.Host.Audit;

/// <summary>Writes an entry as one line of JSON. Whatever clients sent is escaped, so that one entry is one line.</summary>
internal static class AuditLine
{
    /// <summary>The most characters of a text that a client chose; the rest is cut off.</summary>
    public const int MostCharacters = 512;

    private static readonly JsonWriterOptions _options = new() { SkipValidation = true };

    /// <summary>Appends the line.</summary>
    public static void Write(ArrayBufferWriter<byte> output, AuditEntry entry, long sequence)
    {
        using (var json = new Utf8JsonWriter(output, _options))
        {
            json.WriteStartObject();
            json.WriteNumber("seq"u8, sequence);
            json.WriteString("time"u8, entry.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("event"u8, entry.Event);
            Write(json, "principal", entry.Principal);
            Write(json, "client", entry.ClientId);
            Write(json, "listener", entry.Listener);
            Write(json, "address", entry.Address);
            Write(json, "action", entry.Action);
            Write(json, "topic", entry.Topic);
            Write(json, "code", entry.Code);
            Write(json, "detail", entry.Detail);
            if (entry.Count > 0) json.WriteNumber("count"u8, entry.Count);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        json.WriteString(name, value.Length <= MostCharacters ? value : value[..MostCharacters]);
    }
}
