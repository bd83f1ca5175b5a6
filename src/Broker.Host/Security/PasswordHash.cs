namespace Broker.Host.Security;

/// <summary>A stored hash of a password, and how to try a password against it.</summary>
/// <remarks>Threading: any thread; nothing changes after it was read.</remarks>
internal abstract class PasswordHash
{
    /// <summary>The most that is accepted as a text: a longer one was not written by any of the tools that are known.</summary>
    public const int MaxText = 1_024;

    /// <summary>The least salt in bytes; what is shorter was cut off.</summary>
    protected const int LeastSalt = 8;

    /// <summary>The longest salt and hash in bytes.</summary>
    protected const int LongestPart = 256;

    /// <summary>The bytes of a SHA-512.</summary>
    protected const int Sha512Bytes = 64;

    /// <summary>What it is, for people: <c>argon2id m=19456,t=2,p=1</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Whether guessing a password from it is cheap today.</summary>
    public abstract bool IsWeak { get; }

    /// <summary>Whether this is the password. Takes its time and memory: only <see cref="HashPool"/> calls it while the broker runs.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> password);

    /// <summary>
    /// Reads a PHC string (<c>$argon2id$...</c>, <c>$pbkdf2-sha512$...</c>) or one of Mosquitto's (<c>$6$...</c>, <c>$7$...</c>).
    /// Everything has to be there and within its bounds: a hash that is cut off must not be easier to meet.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="fault">What is wrong, without the text itself; null if nothing is.</param>
    public static PasswordHash? TryParse(string text, out string? fault)
    {
        if (text.Length > MaxText)
        {
            fault = "the hash is longer than any known kind";
            return null;
        }

        string[] parts = text.Split('$');
        if (parts.Length < 3 || parts[0].Length > 0)
        {
            fault = "there is no hash; a hash begins with $argon2id$, $pbkdf2-sha512$, $7$ or $6$, or is SCRAM-SHA-256$...";
            return null;
        }

        (PasswordHash? hash, fault) = parts[1] switch
        {
            "argon2id" => Argon2idHash.TryParse(parts),
            "pbkdf2-sha512" => Pbkdf2Hash.TryParsePhc(parts),
            "7" => Pbkdf2Hash.TryParseMosquitto(parts),
            "6" => Sha512Hash.TryParse(parts),
            _ => (null, "the scheme is not known; allowed are $argon2id$, $pbkdf2-sha512$, and Mosquitto's $7$ and $6$"),
        };
        return hash;
    }

    /// <summary>Salt and hash, if both are whole.</summary>
    protected static bool TryDecode(string salt, string hash, int leastHash, out byte[] saltBytes, out byte[] hashBytes)
    {
        hashBytes = [];
        return Base64Text.TryDecode(salt, out saltBytes) && saltBytes.Length is >= LeastSalt and <= LongestPart
            && Base64Text.TryDecode(hash, out hashBytes) && hashBytes.Length >= leastHash && hashBytes.Length <= LongestPart;
    }
}
