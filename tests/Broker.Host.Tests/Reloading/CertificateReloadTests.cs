using System.Security.Cryptography.X509Certificates;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Security;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Reloading;

/// <summary>What is renewed while the broker runs: certificates by themselves, users and keys at a reload.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_connections_and_the_old_ones_live_on()
    {
        await using BrokerProcess broker = await StartAsync();
        await using WireClient old = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        string before = await ShownAsync(broker);

        TestCertificates.WritePem(_folder);
        await Eventually.Until("the new certificate is shown", async () => await ShownAsync(broker) != before);

        await old.PingAsync();
        await Eventually.Until("it is told", () => broker.Error.Contains("took new certificates", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bad_replacement_keeps_the_certificate_and_says_so()
    {
        await using BrokerProcess broker = await StartAsync();
        string before = await ShownAsync(broker);

        _folder.Write("server.pem", "no certificate at all");
        await Eventually.Until("it says so", () => broker.Error.Contains("A new certificate cannot be used, the one before stays: Broker:Endpoints:Mqtt:Certificate:", StringComparison.Ordinal));

        Assert.Equal(before, await ShownAsync(broker));
        TestCertificates.WritePem(_folder); // and the next good one is taken
        await Eventually.Until("the new certificate is shown", async () => await ShownAsync(broker) != before);
    }

    [Fact]
    public async Task A_certificate_that_is_revoked_gets_in_no_more_without_a_restart()
    {
        using X509Certificate2 certificate = _authority.Issue();
        _folder.Write("ca.crl", _authority.RevocationList());
        await using BrokerProcess broker = await StartAsync(
            "--Broker:Endpoints:Mqtt:ClientCertificates", "require", "--Broker:Auth:ClientCertificates:CaFile", _folder.Write("ca.pem", _authority.Pem),
            "--Broker:Auth:ClientCertificates:CrlFile", Path.Combine(_folder.Path, "ca.crl"), "--Broker:Auth:ClientCertificates:Principal", "cn");
        Assert.True(await IsLetInAsync(broker, certificate));

        _folder.Write("ca.crl", _authority.RevocationList(null, certificate));

        await Eventually.Until("it is refused", async () => !await IsLetInAsync(broker, certificate));
    }

    [Fact]
    public async Task The_open_connection_of_a_certificate_that_is_revoked_is_told_0x87_and_others_live_on()
    {
        using X509Certificate2 certificate = _authority.Issue();
        using X509Certificate2 other = _authority.Issue();
        _folder.Write("ca.crl", _authority.RevocationList());
        await using BrokerProcess broker = await StartAsync(
            "--Broker:Endpoints:Mqtt:ClientCertificates", "require", "--Broker:Auth:ClientCertificates:CaFile", _folder.Write("ca.pem", _authority.Pem),
            "--Broker:Auth:ClientCertificates:CrlFile", Path.Combine(_folder.Path, "ca.crl"), "--Broker:Auth:ClientCertificates:Principal", "cn");
        await using WireClient revoked = await WireClient.OpenAsync(broker.Address("Mqtt"), certificate);
        await revoked.ConnectAsync(new() { ClientId = "revoked" });
        await using WireClient good = await WireClient.OpenAsync(broker.Address("Mqtt"), other);
        await good.ConnectAsync(new() { ClientId = "good" });

        _folder.Write("ca.crl", _authority.RevocationList(null, certificate));

        Assert.Equal(ReasonCode.NotAuthorized, (await revoked.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await good.PingAsync();
    }

    [Fact]
    public async Task A_user_who_is_removed_is_told_0x87_and_one_who_stays_lives_on()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signal");
        string users = _folder.Write("users", TestUsers.Alice + "\n" + TestUsers.Bob + "\n");
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Auth:PasswordFile", users);
        await using WireClient alice = await WireClient.ConnectAsync(broker.Address("Mqtt"), LoginCase.Options("a", "alice", "wonderland"));
        await using WireClient bob = await WireClient.ConnectAsync(broker.Address("Mqtt"), LoginCase.Options("b", "bob", "builder"));

        _folder.Write("users", TestUsers.Bob + "\n");
        broker.Signal(BrokerProcess.SigHup);

        Assert.Equal(ReasonCode.NotAuthorized, (await alice.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await bob.PingAsync();
    }

    [Fact]
    public async Task Users_come_and_go_by_a_hangup_signal()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signal");
        string users = _folder.Write("users", TestUsers.Alice + "\n");
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Auth:PasswordFile", users);
        Assert.Equal((0, 0x86), (await CodeAsync(broker, "alice", "wonderland"), await CodeAsync(broker, "bob", "builder")));

        _folder.Write("users", "bob:broken\n");
        broker.Signal(1);
        await Eventually.Until("the fault is told", () => broker.Error.Contains("user bob: there is no hash", StringComparison.Ordinal));
        Assert.Equal(0, await CodeAsync(broker, "alice", "wonderland"));

        _folder.Write("users", TestUsers.Bob + "\n");
        broker.Signal(1);
        await Eventually.Until("the users are taken", () => broker.Error.Contains("1 users instead of 1", StringComparison.Ordinal));

        Assert.Equal((0x86, 0), (await CodeAsync(broker, "alice", "wonderland"), await CodeAsync(broker, "bob", "builder"))); // not even remembered
    }

    private static async Task<int> CodeAsync(BrokerProcess broker, string user, string password)
    {
        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"));
        return (await client.AskAsync(LoginCase.Options("c" + user, user, password))).ReturnCode;
    }

    private static async Task<string> ShownAsync(BrokerProcess broker)
    {
        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"));
        return ((System.Net.Security.SslStream)client.Stream).RemoteCertificate!.GetCertHashString();
    }

    private static async Task<bool> IsLetInAsync(BrokerProcess broker, X509Certificate2 certificate)
    {
        try
        {
            await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"), certificate);
            return (await client.AskAsync(new() { ClientId = "c" })).ReasonCode == ReasonCode.Success;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    private Task<BrokerProcess> StartAsync(params string[] more)
    {
        (string path, string key) = TestCertificates.WritePem(_folder);
        return BrokerProcess.StartAsync(
            ["--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Path", path, "--Broker:Endpoints:Mqtt:Certificate:KeyPath", key, "--Broker:Endpoints:Http:Url", "", .. more]);
    }
}
