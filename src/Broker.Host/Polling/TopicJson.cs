using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Broker.Core.Polling;

namespace Broker.Host.Polling;

/// <summary>
/// Topics as a JSON array of <c>{topic, etag, lastModified, lastSeen, version, contentType?, text | payload}</c>: a payload that
/// is UTF-8 is <c>text</c>, any other <c>payload</c> in base64. Topics whose values were removed follow as <c>{topic, removed}</c>.
/// </summary>
internal static class TopicJson
{
    private const int FlushBytes = 32_768;

    // The answer is JSON and says so; it is never pasted into a page.
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes them, no faster than the client takes them.</summary>
    public static async Task WriteAsync(PipeWriter output, TopicPage page, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(output, _options);
        json.WriteStartArray();
        foreach (TopicValue topic in page.Topics)
        {
            Write(json, topic);
            if (json.BytesPending + output.UnflushedBytes < FlushBytes) continue;
            await json.FlushAsync(cancellationToken);
            await output.FlushAsync(cancellationToken);
        }

        foreach (TopicRemoval removal in page.Removed)
        {
            json.WriteStartObject();
            json.WriteString("topic"u8, removal.Topic.Span);
            json.WriteString("removed"u8, removal.RemovedAt.UtcDateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        await json.FlushAsync(cancellationToken);
    }

    private static void Write(Utf8JsonWriter json, TopicValue topic)
    {
        json.WriteStartObject();
        json.WriteString("topic"u8, topic.Topic);
        json.WriteString("etag"u8, EntityTags.Format(topic.Tag));
        json.WriteString("lastModified"u8, topic.LastModified.UtcDateTime);
        json.WriteString("lastSeen"u8, topic.LastSeen.UtcDateTime);
        json.WriteNumber("version"u8, topic.Version);
        if (topic.ContentType is { } contentType) json.WriteString("contentType"u8, contentType);
        if (Utf8.IsValid(topic.Payload)) json.WriteString("text"u8, topic.Payload);
        else json.WriteBase64String("payload"u8, topic.Payload);
        json.WriteEndObject();
    }
}
