using System.Security.Cryptography.X509Certificates;
using System.Text;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Security;

/// <summary>
/// A broker with every way to log in: users alice (also SCRAM) and bob, tokens, and client certificates on encrypted endpoints that
/// do not demand them.
/// </summary>
public abstract class LoginCase : IAsyncLifetime
{
    internal TempFolder Folder { get; } = new();

    internal TestTokens Tokens { get; } = new();

    internal TestAuthority Authority { get; } = new();

    internal RunningBroker Broker { get; private set; } = null!; // InitializeAsync

    protected virtual string[] More => [];

    public async ValueTask InitializeAsync()
    {
        string users = Folder.Write("users", $"{TestUsers.Text}alice:{TestUsers.Scram("wonderland")}\n");
        (string path, string key) = TestCertificates.WritePem(Folder);
        Broker = await RunningBroker.StartAsync(
        [
            "--Broker:Auth:PasswordFile", users,
            "--Broker:Auth:Jwt:Issuer", TestTokens.Issuer,
            "--Broker:Auth:Jwt:Audience", TestTokens.Audience,
            "--Broker:Auth:Jwt:KeyFile", Folder.Write("jwt.pem", Tokens.PublicPem),
            "--Broker:Auth:ClientCertificates:CaFile", Folder.Write("ca.pem", Authority.Pem),
            "--Broker:Auth:ClientCertificates:Principal", "cn",
            "--Broker:Endpoints:Mqtts:Url", "mqtts://127.0.0.1:0",
            "--Broker:Endpoints:Mqtts:Certificate:Path", path,
            "--Broker:Endpoints:Mqtts:Certificate:KeyPath", key,
            "--Broker:Endpoints:Mqtts:ClientCertificates", "allow",
            "--Broker:Endpoints:Https:Url", "https://127.0.0.1:0",
            "--Broker:Endpoints:Https:Certificate:Path", path,
            "--Broker:Endpoints:Https:Certificate:KeyPath", key,
            "--Broker:Endpoints:Https:ClientCertificates", "allow",
            .. More,
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        Tokens.Dispose();
        Authority.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal string Token(string subject, TimeSpan? lifetime = null)
    {
        Dictionary<string, object> claims = TestTokens.Claims(DateTimeOffset.UtcNow);
        claims["sub"] = subject;
        if (lifetime is { } time) claims["exp"] = DateTimeOffset.UtcNow.Add(time).ToUnixTimeSeconds();
        return Tokens.Sign(claims);
    }

    internal static ConnectOptions Options(string clientId, string? user, string? password, ProtocolVersion version = ProtocolVersion.V5, bool cleanStart = false) => new()
    {
        ClientId = clientId,
        UserName = user,
        Password = password is null ? null : Encoding.UTF8.GetBytes(password),
        Version = version,
        CleanStart = cleanStart,
        Properties = version == ProtocolVersion.V5 ? new Properties().SessionExpiryInterval(600) : [],
    };

    /// <summary>The answer to a CONNECT on a connection of its own, which stays open.</summary>
    internal async Task<(WireClient Client, ServerPacket.ConnAck Answer)> AskAsync(ConnectOptions options, X509Certificate2? certificate = null)
    {
        WireClient client = certificate is null ? await Broker.OpenAsync() : await WireClient.OpenAsync(Broker.Address("Mqtts"), certificate);
        return (client, await client.AskAsync(options));
    }

    /// <summary>Logs in with SCRAM-SHA-256; the answer is CONNACK.</summary>
    internal async Task<(WireClient Client, ServerPacket.ConnAck Answer)> ScramAsync(string clientId, string user, string password)
    {
        WireClient client = await Broker.OpenAsync();
        string begin = $"n,,n={user},r=clientnonce";
        await client.SendAsync(ClientPackets.Connect(Options(clientId, null, null) with
        {
            Properties = new Properties().SessionExpiryInterval(600).AuthenticationMethod("SCRAM-SHA-256").AuthenticationData(Encoding.UTF8.GetBytes(begin)),
        }));
        ServerPacket.Auth challenge = await client.ExpectAsync<ServerPacket.Auth>();
        string end = ScramTests.Final(begin, Encoding.UTF8.GetString(challenge.Data!), password);
        await client.SendAsync(ClientPackets.Auth(ReasonCode.ContinueAuthentication, new Properties().AuthenticationMethod("SCRAM-SHA-256").AuthenticationData(Encoding.UTF8.GetBytes(end))));
        return (client, await client.ExpectAsync<ServerPacket.ConnAck>());
    }
}
