using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Host.Security;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Security;

public sealed class JwtKeysTests
{
    [Fact]
    public void Public_keys_and_certificates_are_taken_several_to_a_file()
    {
        using var tokens = new TestTokens();
        using X509Certificate2 certificate = TestCertificates.Create();

        JwtKeys? keys = JwtKeys.TryParse($"{tokens.PublicPem}\n{tokens.PublicRsaPem}\n{certificate.ExportCertificatePem()}", allowsSecrets: false, out string? fault);

        Assert.Null(fault);
        Assert.Equal(3, keys!.Keys.Count);
    }

    [Fact]
    public void Private_keys_are_refused_since_nobody_needs_them_here()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Contains("has a private key", Fault(key.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("has a private key", Fault(key.ExportECPrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("has a private key", Fault("""{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","d":"AAAA"}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Short_keys_are_refused()
    {
        using var key = RSA.Create(1_024);

        Assert.Contains("at least 2048", Fault(key.ExportSubjectPublicKeyInfoPem()), StringComparison.Ordinal);
        Assert.Contains("at least 256", Fault("""{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}""", allowsSecrets: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_set_has_no_secrets()
    {
        Assert.Contains("shared secret", Fault("""{"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}""")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void What_has_no_key_is_refused(string text)
    {
        Assert.NotNull(Fault(text));
    }

    private static string? Fault(string text, bool allowsSecrets = false)
    {
        JwtKeys? keys = JwtKeys.TryParse(text, allowsSecrets, out string? fault);
        Assert.Null(keys);
        return fault;
    }
}
