using System.Text;

namespace Broker.Host.Security;

/// <summary>What may be a user's name, or the name of any other principal that the host makes.</summary>
internal static class UserName
{
    /// <summary>The longest, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    /// <summary>What is allowed, for people.</summary>
    public const string Allowed = "a name has 1 to 256 bytes of UTF-8 without control characters, and no space at its ends";

    /// <summary>
    /// Whether a principal may be called so. Control characters would let a name forge lines of a log, and half a surrogate is
    /// no text at all.
    /// </summary>
    public static bool IsValid(string name)
    {
        if (name.Length is 0 or > MaxBytes || char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1])) return false;
        int bytes = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or 0xFEFF) return false;
            bytes += rune.Utf8SequenceLength;
        }

        return bytes <= MaxBytes;
    }

    /// <summary>Whether a user of the password file may be called so: the colon ends a name there, and <c>#</c> begins a comment.</summary>
    public static bool IsValidInFile(string name) => IsValid(name) && !name.Contains(':', StringComparison.Ordinal) && name[0] != '#';
}
