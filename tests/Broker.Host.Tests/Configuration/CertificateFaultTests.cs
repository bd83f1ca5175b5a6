using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Configuration;

public sealed class CertificateFaultTests : IDisposable
{
    private const string Key = "Broker:Endpoints:Mqtt:Certificate";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mqtts://127.0.0.1:0")]
    [InlineData("https://127.0.0.1:0")]
    public void An_encrypted_endpoint_without_a_certificate_is_a_fault(string url)
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:Url", url).OnlyFault();

        Assert.StartsWith($"{Key}:Path (argument --Broker:Endpoints:Mqtt:Url): is not set, but {url[..url.IndexOf('/', StringComparison.Ordinal)]}// needs a certificate", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_on_an_endpoint_that_does_not_encrypt_is_a_fault()
    {
        string fault = ConfigurationCase.FromArguments($"--{Key}:Path", "server.pem").OnlyFault();

        Assert.Contains("is set, but mqtt:// does not encrypt; write mqtts://", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_fault_with_its_whole_path()
    {
        string path = Path.Combine(_folder.Path, "none.pem");

        Assert.Contains($"there is no file {path}", Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_that_is_not_there_is_a_fault_of_its_own_key()
    {
        (string path, _) = TestCertificates.WritePem(_folder);

        Assert.StartsWith($"{Key}:KeyPath (argument --{Key}:KeyPath): there is no file", Fault(path, "--" + Key + ":KeyPath", path + ".none"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_certificate_is_a_fault()
    {
        string path = _folder.Write("server.pfx", "not a certificate");

        Assert.Contains($"{path} cannot be used", Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pem_without_a_key_is_a_fault()
    {
        (string path, _) = TestCertificates.WritePem(_folder);

        Assert.Contains("it has no private key, and KeyPath names none", Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_a_fault()
    {
        (string path, _) = TestCertificates.WritePem(_folder);
        (_, string otherKey) = TestCertificates.WritePem(_folder, "other");

        Assert.Contains($"{path} cannot be used", Fault(path, $"--{Key}:KeyPath", otherKey), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_is_a_fault()
    {
        using X509Certificate2 certificate = TestCertificates.Create();
        string path = _folder.Write("server.pfx", certificate.Export(X509ContentType.Pkcs12, "right"));

        Assert.Contains("is Password right?", Fault(path, $"--{Key}:Password", "wrong"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_encrypted_key_without_a_password_is_a_fault()
    {
        Assert.Contains("the key is encrypted and needs a password", Fault(EncryptedPem("right")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pkcs12_file_without_a_private_key_is_a_fault()
    {
        using X509Certificate2 certificate = TestCertificates.Create();
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert));
        string path = _folder.Write("server.pfx", bare.Export(X509ContentType.Pkcs12));

        Assert.Contains("no certificate with a private key", Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_path_beside_a_pkcs12_file_is_a_fault()
    {
        using X509Certificate2 certificate = TestCertificates.Create();
        string path = _folder.Write("server.pfx", certificate.Export(X509ContentType.Pkcs12));

        Assert.Contains("is only for a PEM certificate", Fault(path, $"--{Key}:KeyPath", path), StringComparison.Ordinal);
    }

    [Fact]
    public void Pem_files_one_pem_file_encrypted_pem_and_pkcs12_all_work()
    {
        (string pem, string key) = TestCertificates.WritePem(_folder);
        string both = _folder.Write("both.pem", File.ReadAllText(pem) + "\n" + File.ReadAllText(key));
        using X509Certificate2 certificate = TestCertificates.Create();
        string pkcs12 = _folder.Write("server.pfx", certificate.Export(X509ContentType.Pkcs12, "right"));

        Assert.Empty(Read(pem, $"--{Key}:KeyPath", key).Faults);
        Assert.Empty(Read(both).Faults);
        Assert.Empty(Read(EncryptedPem("right"), $"--{Key}:Password", "right").Faults);
        Assert.Empty(Read(pkcs12, $"--{Key}:Password", "right").Faults);
    }

    private static string Fault(string path, params string[] more) => Read(path, more).OnlyFault();

    private static HostConfiguration Read(string path, params string[] more) =>
        ConfigurationCase.FromArguments(["--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", $"--{Key}:Path", path, .. more]);

    private string EncryptedPem(string password)
    {
        using X509Certificate2 certificate = TestCertificates.Create();
        using ECDsa key = certificate.GetECDsaPrivateKey()!; // it was made with one
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000);
        return _folder.Write("encrypted.pem", certificate.ExportCertificatePem() + "\n" + key.ExportEncryptedPkcs8PrivateKeyPem(password, encryption));
    }
}
