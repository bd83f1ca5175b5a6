using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Broker.Core.ChangeDetection;

/// <summary>A place in a JSON document (RFC 6901).</summary>
public sealed class JsonPointer
{
    /// <summary>What is allowed, for whoever wrote something else.</summary>
    public const string Allowed = "a JSON pointer (RFC 6901), such as /value or /readings/0/celsius; empty means the whole document";

    // More than the reader follows anyway.
    private const int MostSteps = 64;

    private readonly byte[][] _steps;

    private JsonPointer(string text, byte[][] steps)
    {
        Text = text;
        _steps = steps;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a pointer.</summary>
    public static bool TryParse(string text, out JsonPointer parsed)
    {
        parsed = new JsonPointer(text, []);
        if (text.Length == 0) return true;
        string[] steps = text.Split('/');
        if (text[0] != '/' || steps.Length - 1 > MostSteps) return false;
        var unescaped = new byte[steps.Length - 1][];
        for (int i = 1; i < steps.Length; i++)
        {
            for (int at = steps[i].IndexOf('~', StringComparison.Ordinal); at >= 0; at = steps[i].IndexOf('~', at + 1))
            {
                if (at + 1 >= steps[i].Length || steps[i][at + 1] is not ('0' or '1')) return false;
            }

            string name = steps[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            unescaped[i - 1] = Encoding.UTF8.GetBytes(name);
        }

        parsed = new JsonPointer(text, unescaped);
        return true;
    }

    /// <summary>Finds the value that it points to.</summary>
    /// <param name="document">The document.</param>
    /// <param name="value">The value as it stands in the document; empty if the document has no such place.</param>
    /// <param name="type">What the value is; <see cref="JsonTokenType.None"/> if there is none.</param>
    /// <exception cref="JsonException">The document is not JSON, or nested too deeply.</exception>
    public void Find(ReadOnlySpan<byte> document, out ReadOnlySpan<byte> value, out JsonTokenType type)
    {
        value = default;
        type = JsonTokenType.None;
        var reader = new Utf8JsonReader(document);
        reader.Read();
        foreach (byte[] step in _steps)
        {
            bool found = reader.TokenType switch
            {
                JsonTokenType.StartObject => TryEnterProperty(ref reader, step),
                JsonTokenType.StartArray => TryEnterElement(ref reader, step),
                _ => false,
            };
            if (found) continue;
            Finish(ref reader);
            return;
        }

        type = reader.TokenType;
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        value = document[start..(int)reader.BytesConsumed];
        Finish(ref reader);
    }

    /// <summary>Reads to the end: half a document is none.</summary>
    private static void Finish(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
        }
    }

    private static bool TryEnterProperty(ref Utf8JsonReader reader, byte[] name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt) return true;
            reader.Skip();
        }

        return false;
    }

    private static bool TryEnterElement(ref Utf8JsonReader reader, byte[] step)
    {
        bool isIndex = int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (step.Length == 1 || step[0] != (byte)'0');
        if (!isIndex) return false;
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i == index) return true;
            reader.Skip();
        }

        return false;
    }
}
