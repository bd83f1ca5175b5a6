using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Broker.Host.Security;

/// <summary>The keys that tokens may be signed with.</summary>
/// <remarks>Threading: any thread; nothing changes after it was read. Owner: nobody disposes them, since a check may be under way.</remarks>
internal sealed class JwtKeys
{
    private const int LeastRsaBits = 2_048;
    private const int LeastSecretBits = 256;

    private JwtKeys(IReadOnlyList<SecurityKey> keys, string digest)
    {
        Keys = keys;
        Digest = digest;
    }

    /// <summary>Tells one reading of the keys from another.</summary>
    public string Digest { get; }

    /// <summary>The keys.</summary>
    public IReadOnlyList<SecurityKey> Keys { get; }

    /// <summary>Those that a token with this key identifier may be signed with: its own, and such as have no identifier.</summary>
    public IEnumerable<SecurityKey> For(string? keyId) =>
        Keys.Where(key => string.IsNullOrEmpty(keyId) || string.IsNullOrEmpty(key.KeyId) || key.KeyId == keyId);

    /// <summary>Reads PEM (public keys, certificates) or a JSON Web Key Set.</summary>
    /// <param name="text">The text.</param>
    /// <param name="allowsSecrets">Whether shared secrets are taken; out of a file only, since a set that is published has none.</param>
    /// <param name="fault">What is wrong; null if nothing is.</param>
    public static JwtKeys? TryParse(string text, bool allowsSecrets, out string? fault)
    {
        var keys = new List<SecurityKey>();
        try
        {
            fault = text.AsSpan().TrimStart().StartsWith("{") ? ReadSet(text, allowsSecrets, keys) : ReadPem(text, keys);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            fault = $"has a key that cannot be used: {e.Message.ReplaceLineEndings(" ")}";
        }

        if (fault is null && keys.Count == 0) fault = "has no key that a token could be signed with: PEM with public keys or certificates, or a JSON Web Key Set, is wanted";
        return fault is null ? new JwtKeys(keys, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))) : null;
    }

    private static string? ReadPem(string text, List<SecurityKey> keys)
    {
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            string pem = rest[fields.Location].ToString();
            string label = rest[fields.Label].ToString();
            rest = rest[fields.Location.End..];
            if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)) return "has a private key; whoever checks tokens needs the public key only";
            if (label == "CERTIFICATE")
            {
                using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
                pem = PemEncoding.WriteString("PUBLIC KEY", certificate.PublicKey.ExportSubjectPublicKeyInfo());
            }

            if (Import(pem) is not { } key) return "has a key that is neither RSA nor of an elliptic curve";
            if (TooShort(key) is { } fault) return fault;
            keys.Add(key);
        }

        return null;
    }

    private static string? ReadSet(string text, bool allowsSecrets, List<SecurityKey> keys)
    {
        foreach (JsonWebKey key in new JsonWebKeySet(text).Keys)
        {
            if (key.Use == "enc") continue;
            if (key.Kty == JsonWebAlgorithmsKeyTypes.Octet && !allowsSecrets) return "has a shared secret (kty oct), which a set that is published must not have";
            if (key.HasPrivateKey && key.Kty != JsonWebAlgorithmsKeyTypes.Octet) return "has a private key; whoever checks tokens needs the public key only";
            if (key.Kty is not (JsonWebAlgorithmsKeyTypes.Octet or JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve)) continue; // kinds of tomorrow
            if (TooShort(key) is { } fault) return fault;
            keys.Add(key);
        }

        return null;
    }

    private static SecurityKey? Import(string pem)
    {
        try
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return new RsaSecurityKey(rsa);
        }
        catch (CryptographicException)
        {
            // Not RSA: SPKI does not say so in its label.
            var curve = ECDsa.Create();
            curve.ImportFromPem(pem);
            return new ECDsaSecurityKey(curve);
        }
    }

    private static string? TooShort(SecurityKey key)
    {
        bool isSecret = key is JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.Octet };
        bool isRsa = key is RsaSecurityKey or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA };
        int least = isSecret ? LeastSecretBits : isRsa ? LeastRsaBits : 0;
        return key.KeySize >= least ? null : string.Create(CultureInfo.InvariantCulture, $"has a key of {key.KeySize} bits; at least {least} are wanted");
    }
}
