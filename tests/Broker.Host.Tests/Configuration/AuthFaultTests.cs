using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Security;

namespace Broker.Host.Tests.Configuration;

/// <summary>Whatever is wrong with what says who clients are, the broker does not start without it.</summary>
public sealed class AuthFaultTests : IDisposable
{
    private const string Jwt = "--Broker:Auth:Jwt";
    private const string Certificates = "--Broker:Auth:ClientCertificates";
    private readonly TempFolder _folder = new();
    private readonly TestTokens _tokens = new();
    private readonly TestAuthority _authority = new();
    private readonly (string Path, string KeyPath) _certificate;

    public AuthFaultTests()
    {
        _certificate = TestCertificates.WritePem(_folder);
    }

    private string Users => _folder.Write("users", TestUsers.Text);

    private string[] WholeJwt => [$"{Jwt}:Issuer", "i", $"{Jwt}:Audience", "a", $"{Jwt}:KeyFile", _folder.Write("jwt.pem", _tokens.PublicPem)];

    private string[] WholeCertificates =>
    [
        "--Broker:Endpoints:Http:Url", "", "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:ClientCertificates", "require",
        "--Broker:Endpoints:Mqtt:Certificate:Path", _certificate.Path, "--Broker:Endpoints:Mqtt:Certificate:KeyPath", _certificate.KeyPath,
        $"{Certificates}:CaFile", _folder.Write("ca.pem", _authority.Pem), $"{Certificates}:Principal", "cn",
    ];

    public void Dispose()
    {
        _tokens.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Users_tokens_and_certificates_that_are_whole_have_no_fault()
    {
        Assert.Empty(ConfigurationCase.FromArguments(["--Broker:Auth:PasswordFile", Users, .. WholeJwt, .. WholeCertificates]).Faults);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("nowhere", "there is no file")]
    [InlineData(".", "cannot be read")]
    public void A_password_file_that_cannot_be_read_is_a_fault(string path, string fault)
    {
        Assert.StartsWith("Broker:Auth:PasswordFile (argument --Broker:Auth:PasswordFile)", OnlyFault("--Broker:Auth:PasswordFile", path, fault), StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_one_that_is_empty_or_broken()
    {
        OnlyFault("--Broker:Auth:PasswordFile", _folder.Write("empty", ""), "has no users");
        OnlyFault("--Broker:Auth:PasswordFile", _folder.Write("broken", TestUsers.Text + "carol:secret\n"), "broken:4: user carol: there is no hash");
    }

    [Fact]
    public void Scram_without_users_is_a_fault()
    {
        OnlyFault("--Broker:Auth:Scram", "true", "names no file with users");
    }

    [Theory]
    [InlineData("Issuer", "", "is not set")]
    [InlineData("Audience", " ", "is not set")]
    [InlineData("UserName", "", "is not set")]
    [InlineData("PrincipalClaim", "", "is not set")]
    [InlineData("Algorithms", "", "is empty")]
    [InlineData("Algorithms", "none", "'none' is not allowed")]
    [InlineData("Algorithms", "ES256,rs256", "'rs256' is not allowed")]
    [InlineData("Algorithms", "ES256,HS256", "has both public keys and shared secrets")]
    [InlineData("KeyFile", "nowhere", "there is no file")]
    [InlineData("KeyFile", "", "exactly one of KeyFile and JwksUrl")]
    [InlineData("JwksUrl", "https://issuer.example/keys", "exactly one of KeyFile and JwksUrl")]
    [InlineData("ClockSkew", "01:00:00", "from 00:00:00 to 00:05:00")]
    public void Rules_for_tokens_that_leave_something_open_are_a_fault(string option, string value, string fault)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments([.. WholeJwt, $"{Jwt}:{option}", value]);

        Assert.Contains(fault, configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://issuer.example/keys", "is not allowed")]
    [InlineData("file:///etc/passwd", "is not allowed")]
    [InlineData("keys", "is not allowed")]
    public void Published_keys_come_over_tls(string url, string fault)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            $"{Jwt}:Issuer", "i", $"{Jwt}:Audience", "a", $"{Jwt}:JwksUrl", url);

        Assert.Contains(fault, configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://issuer.example/keys")]
    [InlineData("http://127.0.0.1:1/keys")]
    public void Addresses_that_are_allowed(string url)
    {
        Assert.Empty(ConfigurationCase.FromArguments($"{Jwt}:Issuer", "i", $"{Jwt}:Audience", "a", $"{Jwt}:JwksUrl", url).Faults);
    }

    [Fact]
    public void Shared_secrets_are_not_published()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            $"{Jwt}:Issuer", "i", $"{Jwt}:Audience", "a", $"{Jwt}:JwksUrl", "https://issuer.example/keys", $"{Jwt}:Algorithms", "HS256");

        Assert.Contains("an issuer cannot publish", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_without_keys_is_a_fault()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments([.. WholeJwt, $"{Jwt}:KeyFile", _folder.Write("none.pem", "")]);

        Assert.Contains("has no key", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("*")]
    public void A_name_that_means_a_token_and_a_user_is_a_fault(string name)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments(["--Broker:Auth:PasswordFile", Users, .. WholeJwt, $"{Jwt}:UserName", name]);

        Assert.Contains("is also meant by the password file", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CaFile", "nowhere", "there is no file")]
    [InlineData("CaFile", "", "is not set")]
    [InlineData("CrlFile", "nowhere", "there is no file")]
    [InlineData("CrlFile", "", "is empty")]
    [InlineData("Principal", "email", "'email' is not allowed; allowed is cn, san-dns, san-uri")]
    public void Rules_for_certificates_that_leave_something_open_are_a_fault(string option, string value, string fault)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments([.. WholeCertificates, $"{Certificates}:{option}", value]);

        Assert.Contains(configuration.Faults, one => one.ToString().Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Authorities_and_lists_that_are_none_are_a_fault()
    {
        using var other = new TestAuthority("other");
        string none = _folder.Write("none.pem", "no certificate");
        string bent = _folder.Write("bent.crl", _authority.RevocationList()[..200]);
        string foreign = _folder.Write("foreign.crl", other.RevocationList());
        string twice = _folder.Write("twice.crl", _authority.RevocationList() + "\n" + _authority.RevocationList());

        Assert.Contains("has no certificate", With("CaFile", none), StringComparison.Ordinal);
        Assert.Contains("has no revocation list", With("CrlFile", bent), StringComparison.Ordinal);
        Assert.Contains("is no revocation list", With("CrlFile", none), StringComparison.Ordinal);
        Assert.Contains("is not signed by an authority of CaFile", With("CrlFile", foreign), StringComparison.Ordinal);
        Assert.Contains("has two lists of one authority", With("CrlFile", twice), StringComparison.Ordinal);

        string With(string option, string path) => ConfigurationCase.FromArguments([.. WholeCertificates, $"{Certificates}:{option}", path]).OnlyFault();
    }

    [Fact]
    public void Certificates_that_nobody_asks_for_or_explains_are_a_fault()
    {
        string[] unasked = [.. WholeCertificates, "--Broker:Endpoints:Mqtt:ClientCertificates", "none"];
        string[] unexplained = [.. WholeCertificates.SkipLast(4)];

        Assert.Contains(ConfigurationCase.FromArguments(unasked).Faults, fault => fault.Message.Contains("no endpoint asks for client certificates", StringComparison.Ordinal));
        Assert.Contains("asks for client certificates, but", ConfigurationCase.FromArguments(unexplained).OnlyFault(), StringComparison.Ordinal);
        Assert.Contains("does not encrypt", ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:ClientCertificates", "none", "--Broker:Endpoints:Http:ClientCertificates", "allow").Faults[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_where_nobody_could_log_in_is_a_fault()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments([.. WholeCertificates, "--Broker:Endpoints:Other:Url", "mqtt://127.0.0.1:0"]);

        Assert.Contains("nobody could connect to 'mqtt://127.0.0.1:0': it does not ask for client certificates", configuration.OnlyFault(), StringComparison.Ordinal);
    }

    private static string OnlyFault(string key, string value, string contained)
    {
        string fault = ConfigurationCase.FromArguments(key, value).OnlyFault();
        Assert.Contains(contained, fault, StringComparison.Ordinal);
        return fault;
    }
}
