using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Broker.Host.Tests.Security;

/// <summary>Tokens made by hand, so that they can be wrong in every way.</summary>
internal sealed class TestTokens : IDisposable
{
    public const string Issuer = "https://issuer.example";
    public const string Audience = "broker";

    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2_048);

    public string PublicPem => _curve.ExportSubjectPublicKeyInfoPem();

    public string PublicRsaPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public static Dictionary<string, object> Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = "device-1",
        ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds(),
    };

    public string Set(string keyId)
    {
        ECParameters key = _curve.ExportParameters(includePrivateParameters: false);
        return $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"{{keyId}}","use":"sig","x":"{{Encode(key.Q.X!)}}","y":"{{Encode(key.Q.Y!)}}"}]}""";
    }

    /// <summary>A token signed as its header says; claims may be bytes as they are.</summary>
    public string Sign(object claims, string algorithm = "ES256", string? keyId = null, Dictionary<string, object>? header = null, byte[]? secret = null)
    {
        Dictionary<string, object> top = new(header ?? []) { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (keyId is not null) top["kid"] = keyId;
        byte[] payload = claims as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(claims);
        string text = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(top))}.{Encode(payload)}";
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        byte[] signature = algorithm switch
        {
            "ES256" => _curve.SignData(bytes, HashAlgorithmName.SHA256),
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "HS256" => HMACSHA256.HashData(secret!, bytes),
            _ => [],
        };
        return $"{text}.{Encode(signature)}";
    }

    public void Dispose()
    {
        _curve.Dispose();
        _rsa.Dispose();
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
