using System.Buffers;

namespace Broker.Host.Security;

/// <summary>Base64 as hashes are written with: nothing but the alphabet, with or without the padding, and only one way to write a value.</summary>
internal static class Base64Text
{
    private static readonly SearchValues<char> _alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>Reads it; false where it is anything else.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        ReadOnlySpan<char> bare = text.TrimEnd('=');
        int rest = bare.Length % 4;
        if (rest == 1 || bare.ContainsAnyExcept(_alphabet)) return false;
        int padding = rest == 0 ? 0 : 4 - rest;
        if (text.Length != bare.Length && text.Length - bare.Length != padding) return false;
        bytes = Convert.FromBase64String(string.Concat(bare, new string('=', padding)));
        return Convert.ToBase64String(bytes).AsSpan().TrimEnd('=').SequenceEqual(bare); // no stray bits at the end
    }

    /// <summary>Writes it without padding, as PHC strings have it.</summary>
    public static string EncodeBare(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
