using System.Buffers.Text;
using System.Text.Json;
using Broker.Core.Primitives;

namespace Broker.Core.ChangeDetection;

/// <summary>What is remembered of a value to compare the next one with: a digest, or its numbers. Not the value.</summary>
/// <remarks>Digests are keyed with a random number of this process: nobody can craft two values that look the same.</remarks>
internal readonly struct Fingerprint
{
    private readonly ulong _bits; // the digest, or the first number
    private readonly double[]? _more; // further numbers, where several pointers are watched
    private readonly bool _isComparable;

    private Fingerprint(ulong digest)
    {
        _isComparable = true;
        _bits = digest;
    }

    private Fingerprint(double number, double[]? more)
    {
        _isComparable = true;
        _bits = BitConverter.DoubleToUInt64Bits(number);
        _more = more;
    }

    /// <summary>Takes the fingerprint of a payload; of what cannot be compared it is one that differs from every other.</summary>
    public static Fingerprint Of(ReadOnlySpan<byte> payload, ChangeOptions options, ulong key)
    {
        if (payload.IsEmpty) return default; // always a change
        if (options.ComparesBytes) return new Fingerprint(KeyedHash.Compute(payload, key));
        try
        {
            return options.Deadband is null ? OfPlaces(payload, options.Pointers, key) : OfNumbers(payload, options.Pointers);
        }
        catch (JsonException)
        {
            return default;
        }
        catch (InvalidOperationException)
        {
            return default; // a name with half a surrogate pair: the reader finds out only when it compares
        }
    }

    /// <summary>Whether the value changed since <paramref name="last"/>.</summary>
    public bool IsChangeFrom(in Fingerprint last, ChangeOptions options)
    {
        if (!_isComparable || !last._isComparable) return true;
        if (options.Deadband is not { } band) return _bits != last._bits;
        if (_more?.Length != last._more?.Length) return true; // taken under other rules
        if (band.IsLeft(BitConverter.UInt64BitsToDouble(last._bits), BitConverter.UInt64BitsToDouble(_bits))) return true;
        for (int i = 0; i < (_more?.Length ?? 0); i++)
        {
            if (band.IsLeft(last._more![i], _more![i])) return true;
        }

        return false;
    }

    private static Fingerprint OfPlaces(ReadOnlySpan<byte> payload, IReadOnlyList<JsonPointer> pointers, ulong key)
    {
        ulong digest = key;
        foreach (JsonPointer pointer in pointers)
        {
            pointer.Find(payload, out ReadOnlySpan<byte> value, out JsonTokenType type);
            digest = type is JsonTokenType.StartObject or JsonTokenType.StartArray
                ? OfTokens(value, digest)
                : KeyedHash.Compute(value, digest ^ (ulong)type); // a missing value differs from an empty one by its type
        }

        return new Fingerprint(digest);
    }

    /// <summary>The space between the tokens of an object or array does not count.</summary>
    private static ulong OfTokens(ReadOnlySpan<byte> json, ulong digest)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read()) digest = KeyedHash.Compute(reader.ValueSpan, digest ^ (ulong)reader.TokenType);
        return digest;
    }

    private static Fingerprint OfNumbers(ReadOnlySpan<byte> payload, IReadOnlyList<JsonPointer> pointers)
    {
        if (pointers.Count == 0) return TryReadNumber(payload, out double only) ? new Fingerprint(only, null) : default;
        double first = 0;
        double[]? more = pointers.Count > 1 ? new double[pointers.Count - 1] : null;
        for (int i = 0; i < pointers.Count; i++)
        {
            pointers[i].Find(payload, out ReadOnlySpan<byte> value, out _);
            if (!TryReadNumber(value, out double number)) return default;
            if (i == 0) first = number;
            else more![i - 1] = number; // there are as many as further pointers
        }

        return new Fingerprint(first, more);
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> text, out double number)
    {
        text = text.Trim(" \t\r\n"u8);
        return Utf8Parser.TryParse(text, out number, out int read) && read == text.Length && double.IsFinite(number);
    }
}
