using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Host.Security;

/// <summary>
/// What a broker has to keep of a password for SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677), written as RFC 5803 has it:
/// <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>. Whoever steals it cannot log in with it.
/// </summary>
/// <param name="Iterations">The rounds of PBKDF2, which the client does.</param>
/// <param name="Salt">The salt.</param>
/// <param name="StoredKey">SHA-256 of the client's key: what its proof is checked against.</param>
/// <param name="ServerKey">What the broker proves itself with.</param>
internal sealed record ScramKeys(int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    /// <summary>What a line begins with.</summary>
    public const string Scheme = "SCRAM-SHA-256";

    /// <summary>The rounds where nobody says otherwise. Each login costs the client this much, and the broker nothing.</summary>
    public const int DefaultIterations = 65_536;

    /// <summary>The fewest rounds [RFC 7677 section 4].</summary>
    public const int LeastIterations = 4_096;

    /// <summary>The most rounds.</summary>
    public const int MostIterations = 10_000_000;

    /// <summary>The bytes of a SHA-256.</summary>
    public const int KeyBytes = 32;

    private const int SaltBytes = 16;
    private const int LeastSalt = 8;
    private const int LongestSalt = 256;

    /// <summary>Makes the keys of a password.</summary>
    public static ScramKeys Create(ReadOnlySpan<byte> password, int iterations = DefaultIterations) =>
        Create(password, RandomNumberGenerator.GetBytes(SaltBytes), iterations);

    /// <summary>Makes the keys of a password with a salt that is known.</summary>
    public static ScramKeys Create(ReadOnlySpan<byte> password, byte[] salt, int iterations)
    {
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, KeyBytes);
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        return new ScramKeys(iterations, salt, SHA256.HashData(clientKey), HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>Reads a line's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fault">What is wrong; null if nothing is.</param>
    public static ScramKeys? TryParse(string text, out string? fault)
    {
        fault = "SCRAM keys have the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, and these are cut off or not base64";
        string[] parts = text.Split('$');
        if (parts.Length != 3 || parts[0] != Scheme) return null;
        string[] work = parts[1].Split(':');
        string[] keys = parts[2].Split(':');
        if (work.Length != 2 || keys.Length != 2) return null;
        if (!int.TryParse(work[0], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) || iterations is < LeastIterations or > MostIterations)
        {
            fault = string.Create(CultureInfo.InvariantCulture, $"SCRAM's iterations have to be a whole number from {LeastIterations} to {MostIterations}");
            return null;
        }

        if (!Base64Text.TryDecode(work[1], out byte[] salt) || salt.Length is < LeastSalt or > LongestSalt) return null;
        if (!Base64Text.TryDecode(keys[0], out byte[] stored) || stored.Length != KeyBytes) return null;
        if (!Base64Text.TryDecode(keys[1], out byte[] server) || server.Length != KeyBytes) return null;
        fault = null;
        return new ScramKeys(iterations, salt, stored, server);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Scheme}${Iterations}:{Convert.ToBase64String(Salt)}");
        text.Append(CultureInfo.InvariantCulture, $"${Convert.ToBase64String(StoredKey)}:{Convert.ToBase64String(ServerKey)}");
        return text.ToString();
    }
}
