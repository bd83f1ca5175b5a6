using System.Globalization;
using System.Security.Cryptography;
using Konscious.Security.Cryptography;

namespace Broker.Host.Security;

/// <summary>Argon2id (RFC 9106), version 19, as the PHC string <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>.</summary>
internal sealed class Argon2idHash : PasswordHash
{
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int LeastHash = 32; // what everybody writes; a shorter one was cut off

    // Bounds of what a file may ask for: a line must not be able to take the broker's memory or its processors.
    private const int MostMemory = 262_144;
    private const int MostPasses = 64;
    private const int MostLanes = 16;

    private readonly int _memory;
    private readonly int _passes;
    private readonly int _lanes;
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private Argon2idHash(int memory, int passes, int lanes, byte[] salt, byte[] hash)
    {
        _memory = memory;
        _passes = passes;
        _lanes = lanes;
        _salt = salt;
        _hash = hash;
    }

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"argon2id m={_memory},t={_passes},p={_lanes}");

    /// <inheritdoc/>
    public override bool IsWeak => (long)_memory * _passes < 19_456; // the least that OWASP asks for is 19456 KiB in two passes, or more memory in one

    /// <summary>Makes one with the costs that OWASP asks for at the least: 19 MiB, two passes, one lane.</summary>
    public static string Create(ReadOnlySpan<byte> password, int memory = 19_456, int passes = 2, int lanes = 1)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] hash = Compute(password, salt, memory, passes, lanes, HashBytes);
        return string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={memory},t={passes},p={lanes}${Base64Text.EncodeBare(salt)}${Base64Text.EncodeBare(hash)}");
    }

    /// <summary>Reads one that was taken apart at its dollars.</summary>
    public static (PasswordHash? Hash, string? Fault) TryParse(string[] parts)
    {
        if (parts.Length != 6 || parts[2] != "v=19") return (null, "argon2id has the form $argon2id$v=19$m=19456,t=2,p=1$salt$hash");
        string[] costs = parts[3].Split(',');
        bool isWhole = costs.Length == 3
            & TryCost(costs.ElementAtOrDefault(0), "m=", MostMemory, out int memory)
            & TryCost(costs.ElementAtOrDefault(1), "t=", MostPasses, out int passes)
            & TryCost(costs.ElementAtOrDefault(2), "p=", MostLanes, out int lanes);
        if (!isWhole || memory < 8 * lanes)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"argon2id's costs have to be m=8..{MostMemory},t=1..{MostPasses},p=1..{MostLanes}, with 8 KiB for each lane"));
        }

        return TryDecode(parts[4], parts[5], LeastHash, out byte[] salt, out byte[] hash)
            ? (new Argon2idHash(memory, passes, lanes, salt, hash), null)
            : (null, "argon2id's salt or hash is cut off or not base64");
    }

    /// <inheritdoc/>
    public override bool Verify(ReadOnlySpan<byte> password) =>
        !password.IsEmpty && CryptographicOperations.FixedTimeEquals(Compute(password, _salt, _memory, _passes, _lanes, _hash.Length), _hash);

    private static bool TryCost(string? text, string name, int most, out int cost)
    {
        cost = 0;
        return text?.StartsWith(name, StringComparison.Ordinal) == true
            && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out cost) && cost >= 1 && cost <= most;
    }

    private static byte[] Compute(ReadOnlySpan<byte> password, byte[] salt, int memory, int passes, int lanes, int length)
    {
        using var argon2 = new Argon2id(password.ToArray()) { Salt = salt, MemorySize = memory, Iterations = passes, DegreeOfParallelism = lanes };
        return argon2.GetBytes(length);
    }
}
