using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tls;

/// <summary>Whom a client certificate lets in, over TLS and over WebSocket alike.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Who_has_one_of_the_authority_is_the_one_that_it_names()
    {
        await using RunningBroker broker = await StartAsync();
        using X509Certificate2 certificate = _authority.Issue("CN=device-1, O=plant");

        await using WireClient tls = await WireClient.OpenAsync(broker.Address("Mqtt"), certificate);
        Assert.Equal(ReasonCode.Success, (await tls.AskAsync(new() { ClientId = "a" })).ReasonCode);
        await using WireClient same = await WireClient.OpenWebSocketAsync(broker.Address("Http"), certificate);
        Assert.Equal(ReasonCode.Success, (await same.AskAsync(new() { ClientId = "a", UserName = "device-1" })).ReasonCode); // the same principal takes over
        Assert.Equal(ReasonCode.SessionTakenOver, (await tls.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
    }

    [Fact]
    public async Task A_user_name_that_is_not_the_certificates_is_refused()
    {
        await using RunningBroker broker = await StartAsync();
        using X509Certificate2 certificate = _authority.Issue();

        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"), certificate);

        Assert.Equal(ReasonCode.NotAuthorized, (await client.AskAsync(new() { UserName = "admin", Password = [1] })).ReasonCode);
    }

    [Fact]
    public async Task Where_one_is_required_nobody_gets_in_without()
    {
        await using RunningBroker broker = await StartAsync();

        await AssertRefusedAsync(broker, null);
    }

    [Fact]
    public async Task Where_one_is_only_allowed_others_may_log_in_but_a_bad_one_is_refused()
    {
        string users = _folder.Write("users", Security.TestUsers.Text);
        await using RunningBroker broker = await StartAsync("--Broker:Auth:PasswordFile", users, "--Broker:Endpoints:Mqtt:ClientCertificates", "allow", "--Broker:Endpoints:Http:ClientCertificates", "allow");
        using var stranger = new TestAuthority("stranger");
        using X509Certificate2 bad = stranger.Issue();

        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"));
        Assert.Equal(ReasonCode.Success, (await client.AskAsync(new() { ClientId = "a", UserName = "alice", Password = "wonderland"u8.ToArray() })).ReasonCode);
        await using WireClient nobody = await WireClient.OpenAsync(broker.Address("Mqtt"));
        Assert.Equal(ReasonCode.NotAuthorized, (await nobody.AskAsync(new() { ClientId = "b" })).ReasonCode);
        await AssertRefusedAsync(broker, bad);
    }

    [Fact]
    public async Task Certificates_that_are_not_right_are_refused()
    {
        await using RunningBroker broker = await StartAsync();
        using var stranger = new TestAuthority(); // of the same name, with another key
        X509Certificate2[] bad =
        [
            stranger.Issue(),
            TestCertificates.Create(), // signed by itself
            _authority.Issue(notAfter: DateTimeOffset.UtcNow.AddMinutes(-1)),
            _authority.Issue(notAfter: DateTimeOffset.UtcNow.AddDays(7)), // not yet
            _authority.Issue(isServer: true), // for another use
            _authority.Issue("O=plant"), // names nobody
            _authority.Issue("CN=one, CN=two"), // names two
            _authority.Issue("O=plant", names => names.AddDnsName("device-1")), // has a name of another kind
            _authority.Issue("CN=\"dev\u0001ice\""),
        ];

        foreach (X509Certificate2 certificate in bad)
        {
            await AssertRefusedAsync(broker, certificate);
            certificate.Dispose();
        }
    }

    [Theory]
    [InlineData("san-uri", "spiffe://plant.example/device/", "spiffe://plant.example/device/d1", "d1")]
    [InlineData("san-uri", "", "urn:device:d1", "urn:device:d1")]
    [InlineData("san-dns", "", "d1.plant.example", "d1.plant.example")]
    public async Task An_alternative_name_can_name_the_principal(string kind, string prefix, string name, string principal)
    {
        await using RunningBroker broker = await StartAsync("--Broker:Auth:ClientCertificates:Principal", kind, "--Broker:Auth:ClientCertificates:Prefix", prefix);
        using X509Certificate2 right = _authority.Issue("CN=other", names => Add(names, kind, name));
        using X509Certificate2 wrong = _authority.Issue("CN=other", names => Add(names, kind, "other:" + name));
        using X509Certificate2 two = _authority.Issue("CN=other", names => Add(Add(names, kind, name), kind, "other:" + name));

        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"), right);
        Assert.Equal(ReasonCode.Success, (await client.AskAsync(new() { UserName = principal })).ReasonCode);
        if (prefix.Length > 0) await AssertRefusedAsync(broker, wrong);
        await AssertRefusedAsync(broker, two);
    }

    [Theory]
    [InlineData("san-uri", 6, "urn:device:1\r\nforged")]
    [InlineData("san-dns", 2, "device\u001b[2J")]
    public async Task An_alternative_name_with_control_characters_names_nobody(string kind, int tag, string name)
    {
        var names = new AsnWriter(AsnEncodingRules.DER);
        using (names.PushSequence()) names.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, tag));
        await using RunningBroker broker = await StartAsync("--Broker:Auth:ClientCertificates:Principal", kind);
        using X509Certificate2 certificate = _authority.Issue(more: new X509Extension("2.5.29.17", names.Encode(), critical: false));

        await AssertRefusedAsync(broker, certificate);
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_and_so_is_every_one_where_the_list_is_out_of_date()
    {
        using X509Certificate2 good = _authority.Issue("CN=good");
        using X509Certificate2 stolen = _authority.Issue("CN=stolen");
        string current = _folder.Write("current.crl", _authority.RevocationList(null, stolen));
        string old = _folder.Write("old.crl", _authority.RevocationList(DateTimeOffset.UtcNow.AddMinutes(-1)));

        await using (RunningBroker broker = await StartAsync("--Broker:Auth:ClientCertificates:CrlFile", current))
        {
            await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"), good);
            Assert.Equal(ReasonCode.Success, (await client.AskAsync(new())).ReasonCode);
            await AssertRefusedAsync(broker, stolen);
        }

        await using RunningBroker late = await StartAsync("--Broker:Auth:ClientCertificates:CrlFile", old);
        await AssertRefusedAsync(late, good);
    }

    private static SubjectAlternativeNameBuilder Add(SubjectAlternativeNameBuilder names, string kind, string name)
    {
        if (kind == "san-uri") names.AddUri(new Uri(name));
        else names.AddDnsName(name.Replace(':', '.'));
        return names;
    }

    private static async Task AssertRefusedAsync(RunningBroker broker, X509Certificate2? certificate)
    {
        // TLS 1.3 tells the client only after it believes that the handshake is over.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"), certificate);
            await client.ConnectAsync(new() { ClientId = "refused" });
        });
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using WireClient client = await WireClient.OpenWebSocketAsync(broker.Address("Http"), certificate);
            await client.ConnectAsync(new() { ClientId = "refused" });
        });
    }

    private Task<RunningBroker> StartAsync(params string[] more)
    {
        (string path, string key) = TestCertificates.WritePem(_folder);
        return RunningBroker.StartAsync(
        [
            "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Path", path, "--Broker:Endpoints:Mqtt:Certificate:KeyPath", key,
            "--Broker:Endpoints:Http:Url", "https://127.0.0.1:0", "--Broker:Endpoints:Http:Certificate:Path", path, "--Broker:Endpoints:Http:Certificate:KeyPath", key,
            "--Broker:Endpoints:Mqtt:ClientCertificates", "require", "--Broker:Endpoints:Http:ClientCertificates", "require",
            "--Broker:Auth:ClientCertificates:CaFile", _folder.Write("ca.pem", _authority.Pem), "--Broker:Auth:ClientCertificates:Principal", "cn",
            .. more,
        ]);
    }
}
