using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client.Payloads;

/// <summary>Values to bytes and back. Bytes and text travel as they are; everything else is JSON.</summary>
/// <remarks>
/// Type information comes from the application's options first, then from a generated context for the plain types of .NET, then from reflection
/// where the program has it.
/// </remarks>
internal sealed class PayloadCodec
{
    public const string Json = "application/json";

    private readonly JsonSerializerOptions _options;

    public PayloadCodec(JsonSerializerOptions? options)
    {
        _options = options is null ? new JsonSerializerOptions(JsonSerializerDefaults.Web) : new JsonSerializerOptions(options);
        IJsonTypeInfoResolver? reflection = options?.TypeInfoResolver is null ? Reflection() : null;
        _options.TypeInfoResolver = JsonTypeInfoResolver.Combine(options?.TypeInfoResolver, reflection, PlainTypes.Default);
        _options.MakeReadOnly();
    }

    /// <summary>Bytes of a value, and what they are.</summary>
    /// <exception cref="BrokerClientException">The value cannot be written.</exception>
    public (ReadOnlyMemory<byte> Payload, string? ContentType) Write<T>(T value, JsonTypeInfo<T>? json)
    {
        switch (value)
        {
            case ReadOnlyMemory<byte> memory:
                return (memory, null);
            case byte[] bytes:
                return (bytes, null);
            case Memory<byte> memory:
                return (memory, null);
            case string text:
                return (Encoding.UTF8.GetBytes(text), null);
            default:
                try
                {
                    return (JsonSerializer.SerializeToUtf8Bytes(value, json ?? TypeInfo<T>()), Json);
                }
                catch (Exception exception) when (exception is JsonException or NotSupportedException)
                {
                    throw new BrokerClientException(BrokerClientError.BadPayload, $"A {typeof(T).Name} cannot be written as JSON: {exception.Message}", innerException: exception);
                }
        }
    }

    /// <summary>A value out of bytes.</summary>
    /// <exception cref="BrokerClientException">They are not such a value.</exception>
    public T Read<T>(ReadOnlyMemory<byte> payload, JsonTypeInfo<T>? json)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>)) return (T)(object)payload;
        if (typeof(T) == typeof(byte[])) return (T)(object)payload.ToArray();
        if (typeof(T) == typeof(string)) return (T)(object)Encoding.UTF8.GetString(payload.Span);
        try
        {
            return JsonSerializer.Deserialize(payload.Span, json ?? TypeInfo<T>())
                ?? throw new BrokerClientException(BrokerClientError.BadPayload, $"The payload is null, not a {typeof(T).Name}");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new BrokerClientException(BrokerClientError.BadPayload, $"The payload is not a {typeof(T).Name}: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>What the type looks like in JSON, for those who call a service.</summary>
    public JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where the program was built with reflection for JSON")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where the program was built with reflection for JSON")]
    private static DefaultJsonTypeInfoResolver? Reflection() => JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : null;
}
