using System.Text;

namespace Broker.Host.Security;

/// <summary>The client's first message of SCRAM (RFC 5802 section 7).</summary>
/// <param name="Header">The header of GS2: whether it knows channel binding, and as whom it wants to act.</param>
/// <param name="Bare">The message without the header.</param>
/// <param name="UserName">Who logs in.</param>
/// <param name="Nonce">The client's random text.</param>
internal sealed record ClientFirst(string Header, string Bare, string UserName, string Nonce)
{
    private const int LongestNonce = 256;
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads it; null where it is none, or asks for what is not offered.</summary>
    public static ClientFirst? TryParse(ReadOnlySpan<byte> data)
    {
        if (Text(data) is not { } text) return null;
        int actsAs = text.IndexOf(',', StringComparison.Ordinal) + 1;
        int bareAt = actsAs == 0 ? 0 : text.IndexOf(',', actsAs) + 1;
        if (bareAt == 0 || text[..actsAs] is not ("n," or "y,")) return null;
        string[] parts = text[bareAt..].Split(',');
        if (parts.Length < 2 || !parts[0].StartsWith("n=", StringComparison.Ordinal) || !parts[1].StartsWith("r=", StringComparison.Ordinal)) return null;
        if (Name(parts[0][2..]) is not { } name || !Security.UserName.IsValidInFile(name)) return null;
        string nonce = parts[1][2..];
        if (nonce.Length is 0 or > LongestNonce || nonce.AsSpan().ContainsAnyExceptInRange('!', '~')) return null;
        string other = text[actsAs..(bareAt - 1)];
        bool isItself = other.Length == 0 || (other.StartsWith("a=", StringComparison.Ordinal) && Name(other[2..]) == name);
        return isItself ? new ClientFirst(text[..bareAt], text[bareAt..], name, nonce) : null; // nobody acts as somebody else here
    }

    /// <summary>A message as text; null where it is not UTF-8.</summary>
    public static string? Text(ReadOnlySpan<byte> data)
    {
        try
        {
            return _strict.GetString(data);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // A comma and an equals sign are written =2C and =3D; any other use of = is an error.
    private static string? Name(string text)
    {
        string[] parts = text.Split('=');
        var name = new StringBuilder(parts[0]);
        foreach (string part in parts.Skip(1))
        {
            char? escaped = part.StartsWith("2C", StringComparison.Ordinal) ? ',' : part.StartsWith("3D", StringComparison.Ordinal) ? '=' : null;
            if (escaped is not { } letter) return null;
            name.Append(letter).Append(part, 2, part.Length - 2);
        }

        return name.ToString();
    }
}
