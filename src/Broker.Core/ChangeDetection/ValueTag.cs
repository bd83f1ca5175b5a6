using System.Buffers;
using System.Globalization;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// Tells a topic's value (payload and content type) from every other value: 128 bits that are keyed with a random number of
/// this process, so nobody can craft two values with one tag.
/// </summary>
/// <param name="High">The first half.</param>
/// <param name="Low">The second half.</param>
public readonly record struct ValueTag(ulong High, ulong Low)
{
    private const int Digits = 32;
    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ValueTag tag)
    {
        tag = default;
        bool isTag = text.Length == Digits && !text.ContainsAnyExcept(_digits);
        if (!isTag) return false;
        tag = new ValueTag(
            ulong.Parse(text[..16], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ulong.Parse(text[16..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
