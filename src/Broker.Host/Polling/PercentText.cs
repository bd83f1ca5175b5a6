using System.Text;
using System.Text.Unicode;

namespace Broker.Host.Polling;

/// <summary>
/// Decodes a part of a URL by RFC 3986 alone: <c>%2F</c> becomes a slash like any other character, and a plus stays a plus,
/// which the form encoding of query strings would make a space of.
/// </summary>
internal static class PercentText
{
    /// <summary>Decodes to UTF-8; false where an escape is not complete, or what comes out is not text or has a U+0000.</summary>
    public static bool TryDecode(ReadOnlySpan<char> encoded, out byte[] utf8)
    {
        utf8 = [];
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        int length = 0;
        while (!encoded.IsEmpty)
        {
            int escape = encoded.IndexOf('%');
            ReadOnlySpan<char> plain = escape < 0 ? encoded : encoded[..escape];
            if (!Encoding.UTF8.TryGetBytes(plain, bytes.AsSpan(length), out int written)) return false;
            length += written;
            encoded = encoded[plain.Length..];
            if (encoded.IsEmpty) break;
            if (encoded.Length < 3 || !char.IsAsciiHexDigit(encoded[1]) || !char.IsAsciiHexDigit(encoded[2])) return false;
            bytes[length++] = (byte)((Convert.FromHexString(encoded[1..3]))[0]);
            encoded = encoded[3..];
        }

        utf8 = bytes[..length];
        return Utf8.IsValid(utf8) && !utf8.AsSpan().Contains((byte)0);
    }
}
