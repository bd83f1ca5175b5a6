using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>TLS below MQTT and below WebSocket, with an authority of the tests' own: whom the client trusts, and who it says it is.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();

    public static TheoryData<string> Schemes => ["mqtts", "wss"];

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task A_broker_with_a_certificate_of_the_trusted_authority_is_talked_to(string scheme)
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: false);
        await using BrokerClient client = await Clients.ConnectAsync(Address(broker, scheme), options => options.Tls = Trusting(_authority));
        Subscription<string> all = await client.Subscribe<string>("t").StartedAsync();

        await client.PublishAsync("t", new string('x', 100_000)); // longer than any TLS record

        Assert.Equal(100_000, (await all.TakeAsync(1))[0].Value.Length);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task A_certificate_of_another_authority_is_refused_and_told(string scheme)
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: false);
        using var stranger = new TestAuthority(); // of the same name, with another key

        await AssertNotTrustedAsync(Address(broker, scheme), Trusting(stranger));
        await AssertNotTrustedAsync(Address(broker, scheme), null); // the system's authorities do not know it either
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task A_certificate_for_another_host_is_refused(string scheme)
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: false);
        SslClientAuthenticationOptions tls = Trusting(_authority);
        tls.TargetHost = "other.example";

        await AssertNotTrustedAsync(Address(broker, scheme), tls);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task A_client_certificate_says_who_the_client_is(string scheme)
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: true);
        using X509Certificate2 device = _authority.Issue("CN=device-1");
        using X509Certificate2 other = _authority.Issue("CN=device-2");

        await using BrokerClient first = await Clients.ConnectAsync(Address(broker, scheme), options =>
        {
            options.ClientId = "same";
            options.UserName = "device-1"; // a name that is not the certificate's is refused
            options.Tls = Trusting(_authority, device);
        });
        Assert.Equal(PublishResult.NoSubscribers, await first.PublishAsync("t", 1));
        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => Clients.ConnectAsync(Address(broker, scheme), options =>
        {
            options.UserName = "device-1";
            options.Tls = Trusting(_authority, other);
        }));

        Assert.Equal(BrokerClientError.ConnectionRefused, fault.Error);
        Assert.False(fault.IsTransient);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Without_the_client_certificate_that_the_broker_wants_nobody_gets_in(string scheme)
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: true);
        using var stranger = new TestAuthority();
        using X509Certificate2 forged = stranger.Issue("CN=device-1");

        await Assert.ThrowsAsync<BrokerClientException>(() => Clients.ConnectAsync(Address(broker, scheme), options => options.Tls = Trusting(_authority)));
        await Assert.ThrowsAsync<BrokerClientException>(() => Clients.ConnectAsync(Address(broker, scheme), options => options.Tls = Trusting(_authority, forged)));
    }

    [Fact]
    public async Task A_connection_that_was_cut_is_made_again_with_the_same_certificates()
    {
        await using RunningBroker broker = await StartAsync(clientCertificates: true);
        await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
        using X509Certificate2 device = _authority.Issue("CN=device-1");
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address.Replace("mqtt:", "mqtts:", StringComparison.Ordinal), options => options.Tls = Trusting(_authority, device));

        for (int connections = 1; connections <= 3; connections++)
        {
            await Eventually.Until("it is connected", () => proxy.Connections == connections && client.State == ConnectionState.Connected);
            Assert.Equal(PublishResult.NoSubscribers, await client.PublishAsync("t", connections).WaitAsync(Eventually.Patience));
            proxy.Cut();
            await Eventually.Until("it is noticed", () => proxy.Connections > connections);
        }
    }

    private static string Address(RunningBroker broker, string scheme) => scheme == "mqtts"
        ? "mqtts://127.0.0.1:" + broker.Address("Mqtt").Port.ToString(CultureInfo.InvariantCulture)
        : "wss://127.0.0.1:" + broker.Address("Http").Port.ToString(CultureInfo.InvariantCulture) + "/mqtt";

    private static async Task AssertNotTrustedAsync(string address, SslClientAuthenticationOptions? tls)
    {
        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => Clients.ConnectAsync(address, options => options.Tls = tls));

        Assert.Equal(BrokerClientError.ConnectionLost, fault.Error);
        Assert.Contains(address, fault.Message, StringComparison.Ordinal);
        Assert.Contains("certificate", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static SslClientAuthenticationOptions Trusting(TestAuthority authority, X509Certificate2? own = null)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(authority.Certificate);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = trust, ClientCertificates = own is null ? null : [own] };
    }

    private Task<RunningBroker> StartAsync(bool clientCertificates)
    {
        using X509Certificate2 server = _authority.Issue("CN=broker", names => names.AddIpAddress(IPAddress.Loopback), isServer: true);
        (string path, string keyPath) = TestAuthority.Write(_folder, server, "server");
        string[] certificates = clientCertificates
            ? ["--Broker:Auth:ClientCertificates:CaFile", _folder.Write("ca.pem", _authority.Pem), "--Broker:Auth:ClientCertificates:Principal", "cn", "--Broker:Endpoints:Mqtt:ClientCertificates", "require", "--Broker:Endpoints:Http:ClientCertificates", "require"]
            : [];
        return RunningBroker.StartAsync(
        [
            "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Path", path, "--Broker:Endpoints:Mqtt:Certificate:KeyPath", keyPath,
            "--Broker:Endpoints:Http:Url", "https://127.0.0.1:0", "--Broker:Endpoints:Http:Certificate:Path", path, "--Broker:Endpoints:Http:Certificate:KeyPath", keyPath,
            .. certificates,
        ]);
    }
}
