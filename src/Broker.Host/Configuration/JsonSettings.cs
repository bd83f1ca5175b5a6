using System.Text;
using System.Text.Json;

namespace Broker.Host.Configuration;

/// <summary>Reads a JSON file as .NET configuration has it, and remembers the line of every value.</summary>
internal static class JsonSettings
{
    private static readonly JsonReaderOptions _readerOptions = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Lays the file's values over <paramref name="settings"/>; a file that cannot be read is a fault.</summary>
    public static void Read(string path, Settings settings, List<ConfigurationFault> faults)
    {
        try
        {
            ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
            if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
            ReadRoot(path, bytes, settings, faults);
        }
        catch (JsonException e)
        {
            string what = e.Message.Split(" LineNumber:")[0].TrimEnd('.');
            faults.Add(new($"{path}:{e.LineNumber + 1}", null, $"is not valid JSON at column {e.BytePositionInLine + 1}: {what}"));
        }
        catch (InvalidOperationException)
        {
            // The reader's word for bytes or escapes that are no characters.
            faults.Add(new(path, null, "is not UTF-8 text"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new(path, null, $"cannot be read: {e.Message}"));
        }
    }

    private static void ReadRoot(string path, ReadOnlySpan<byte> bytes, Settings settings, List<ConfigurationFault> faults)
    {
        var reader = new Utf8JsonReader(bytes, _readerOptions);
        var lines = new LineCounter(path, bytes);
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            faults.Add(new($"{path}:1", null, "must hold a JSON object: { ... }"));
            return;
        }

        var scopes = new Stack<Scope>();
        scopes.Push(new Scope("", IsArray: false));
        string key = "";
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    key = Join(scopes.Peek().Path, reader.GetString()!); // a property name is never null
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    key = NextKey(scopes, key);
                    scopes.Push(new Scope(key, reader.TokenType == JsonTokenType.StartArray));
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    scopes.Pop();
                    break;
                default:
                    key = NextKey(scopes, key);
                    string origin = lines.At(reader.TokenStartIndex);
                    if (!seen.TryAdd(key, origin)) faults.Add(new(key, origin, $"is written twice, first at {seen[key]}"));
                    settings.Set(key, new Setting(Text(ref reader), origin));
                    break;
            }
        }
    }

    private static string NextKey(Stack<Scope> scopes, string key) =>
        scopes.Peek() is { IsArray: true } array ? Join(array.Path, array.TakeIndex()) : key;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };

    private sealed record Scope(string Path, bool IsArray)
    {
        private int _next;

        public string TakeIndex() => $"{_next++}";
    }

    // Tokens come in order, so every byte is looked at once.
    private ref struct LineCounter(string path, ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _counted;
        private int _line = 1;

        public string At(long position)
        {
            _line += _bytes[_counted..(int)position].Count((byte)'\n');
            _counted = (int)position;
            return $"{path}:{_line}";
        }
    }
}
