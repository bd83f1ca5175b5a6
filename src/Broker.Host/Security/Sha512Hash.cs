using System.Security.Cryptography;

namespace Broker.Host.Security;

/// <summary>
/// Mosquitto's oldest form, <c>$6$salt$hash</c>: one SHA-512 over password and salt. Guessing is cheap; it is taken so that a
/// file can be moved, and every start tells how many such lines there are.
/// </summary>
internal sealed class Sha512Hash : PasswordHash
{
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private Sha512Hash(byte[] salt, byte[] hash)
    {
        _salt = salt;
        _hash = hash;
    }

    /// <inheritdoc/>
    public override string Description => "sha512, once";

    /// <inheritdoc/>
    public override bool IsWeak => true;

    /// <summary>Reads one that was taken apart at its dollars.</summary>
    public static (PasswordHash? Hash, string? Fault) TryParse(string[] parts) =>
        parts.Length == 4 && TryDecode(parts[2], parts[3], Sha512Bytes, out byte[] salt, out byte[] hash) && hash.Length == Sha512Bytes
            ? (new Sha512Hash(salt, hash), null)
            : (null, "Mosquitto's $6$ has the form $6$salt$hash, and this one is cut off or not base64");

    /// <inheritdoc/>
    public override bool Verify(ReadOnlySpan<byte> password) =>
        !password.IsEmpty && CryptographicOperations.FixedTimeEquals(SHA512.HashData([.. password, .. _salt]), _hash);
}
