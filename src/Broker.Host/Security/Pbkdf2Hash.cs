using System.Globalization;
using System.Security.Cryptography;

namespace Broker.Host.Security;

/// <summary>
/// PBKDF2 with HMAC-SHA-512: as the PHC string <c>$pbkdf2-sha512$i=210000,l=64$salt$hash</c>, and as Mosquitto writes it,
/// <c>$7$iterations$salt$hash</c>.
/// </summary>
internal sealed class Pbkdf2Hash : PasswordHash
{
    private const int SaltBytes = 16;
    private const int MostIterations = 10_000_000;

    // What the tools of others write by default is far below what is wanted today; such lines are taken, and told about.
    private const int WantedIterations = 210_000;
    private const string Form = "pbkdf2-sha512 has the form $pbkdf2-sha512$i=210000,l=64$salt$hash";

    private readonly int _iterations;
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private Pbkdf2Hash(int iterations, byte[] salt, byte[] hash)
    {
        _iterations = iterations;
        _salt = salt;
        _hash = hash;
    }

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"pbkdf2-sha512 i={_iterations}");

    /// <inheritdoc/>
    public override bool IsWeak => _iterations < WantedIterations;

    /// <summary>Makes one.</summary>
    public static string Create(ReadOnlySpan<byte> password, int iterations = WantedIterations)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] hash = Compute(password, salt, iterations);
        return string.Create(CultureInfo.InvariantCulture, $"$pbkdf2-sha512$i={iterations},l={Sha512Bytes}${Base64Text.EncodeBare(salt)}${Base64Text.EncodeBare(hash)}");
    }

    /// <summary>Reads a PHC string that was taken apart at its dollars.</summary>
    public static (PasswordHash? Hash, string? Fault) TryParsePhc(string[] parts)
    {
        if (parts.Length != 5 || !parts[2].StartsWith("i=", StringComparison.Ordinal)) return (null, Form);
        string iterations = parts[2][2..];
        if (iterations.EndsWith(",l=64", StringComparison.Ordinal)) iterations = iterations[..^5];
        return TryCreate(iterations, parts[3], parts[4]);
    }

    /// <summary>Reads Mosquitto's form.</summary>
    public static (PasswordHash? Hash, string? Fault) TryParseMosquitto(string[] parts) =>
        parts.Length == 5 ? TryCreate(parts[2], parts[3], parts[4]) : (null, "Mosquitto's $7$ has the form $7$iterations$salt$hash");

    /// <inheritdoc/>
    public override bool Verify(ReadOnlySpan<byte> password) =>
        !password.IsEmpty && CryptographicOperations.FixedTimeEquals(Compute(password, _salt, _iterations), _hash);

    private static (PasswordHash? Hash, string? Fault) TryCreate(string iterations, string salt, string hash)
    {
        bool isNumber = int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out int count);
        if (!isNumber || count is < 1 or > MostIterations)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"the iterations have to be a whole number from 1 to {MostIterations}"));
        }

        return TryDecode(salt, hash, Sha512Bytes, out byte[] saltBytes, out byte[] hashBytes) && hashBytes.Length == Sha512Bytes
            ? (new Pbkdf2Hash(count, saltBytes, hashBytes), null)
            : (null, "the salt or the hash is cut off or not base64");
    }

    private static byte[] Compute(ReadOnlySpan<byte> password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, Sha512Bytes);
}
