using System.Security.Cryptography.X509Certificates;
using System.Text;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Security;

/// <summary>Who gets in over MQTT, and who does not, whatever he shows.</summary>
public sealed class LoginTests : LoginCase
{
    public static TheoryData<ProtocolVersion> Versions => [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_user_with_the_password_gets_in_and_another_does_not(ProtocolVersion version)
    {
        Assert.Equal(0, await CodeAsync(Options("a", "alice", "wonderland", version, cleanStart: true)));
        Assert.Equal(version == ProtocolVersion.V5 ? 0x86 : 4, await CodeAsync(Options("b", "alice", "builder", version, cleanStart: true)));
        Assert.Equal(version == ProtocolVersion.V5 ? 0x86 : 4, await CodeAsync(Options("c", "carol", "wonderland", version, cleanStart: true)));
        Assert.Equal(version == ProtocolVersion.V5 ? 0x87 : 5, await CodeAsync(Options("d", null, null, version, cleanStart: true)));
    }

    [Theory]
    [InlineData("alice", null)] // a name alone
    [InlineData("alice", "")]
    [InlineData("", "wonderland")]
    [InlineData("", "")]
    [InlineData("", null)] // an empty name is not anonymous
    [InlineData(null, "wonderland")]
    [InlineData("al\u0001ice", "wonderland")]
    [InlineData("jwt", "wonderland")]
    [InlineData("jwt", "")]
    public async Task What_proves_nothing_is_refused(string? user, string? password)
    {
        byte code = await CodeAsync(Options("x", user, password));

        Assert.Equal(0x86, code);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_token_gets_in_as_the_password_of_the_user_jwt(ProtocolVersion version)
    {
        Assert.Equal(0, await CodeAsync(Options("a", "jwt", Token("device-1"), version, cleanStart: true)));
        Assert.NotEqual(0, await CodeAsync(Options("b", "jwt", Token("device-1", TimeSpan.FromHours(-1)), version, cleanStart: true)));
        Assert.NotEqual(0, await CodeAsync(Options("c", "alice", Token("alice"), version, cleanStart: true)));
    }

    [Fact]
    public async Task Mqtt_5_needs_no_user_name_for_a_token()
    {
        Assert.Equal(0, await CodeAsync(Options("a", null, Token("device-1"))));
    }

    [Fact]
    public async Task A_connection_ends_with_its_token()
    {
        await using RunningBroker strict = await RunningBroker.StartAsync(
            "--Broker:Auth:Jwt:Issuer", TestTokens.Issuer, "--Broker:Auth:Jwt:Audience", TestTokens.Audience, "--Broker:Auth:Jwt:ClockSkew", "00:00:00",
            "--Broker:Auth:Jwt:KeyFile", Path.Combine(Folder.Path, "jwt.pem"));
        await using WireClient client = await strict.OpenAsync();
        await client.ConnectAsync(Options("a", "jwt", Token("device-1", TimeSpan.FromSeconds(3))));

        Assert.Equal(ReasonCode.MaximumConnectTime, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_token_can_be_renewed_by_AUTH_but_not_for_somebody_else()
    {
        await using WireClient client = await Broker.OpenAsync();
        await client.ConnectAsync(Options("a", null, null) with { Properties = ByToken(Token("device-1")) });

        await client.SendAsync(ClientPackets.Auth(ReasonCode.ReAuthenticate, ByToken(Token("device-1", TimeSpan.FromHours(1)))));
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ServerPacket.Auth>()).ReasonCode);
        await client.PingAsync();
        await client.SendAsync(ClientPackets.Auth(ReasonCode.ReAuthenticate, ByToken(Token("device-2"))));

        Assert.Equal(ReasonCode.NotAuthorized, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
    }

    [Fact]
    public async Task Scram_lets_in_who_has_keys_and_knows_the_password()
    {
        (WireClient client, ServerPacket.ConnAck answer) = await ScramAsync("a", "alice", "wonderland");
        await using (client)
        {
            Assert.Equal(ReasonCode.Success, answer.ReasonCode);
            Assert.StartsWith("v=", Encoding.UTF8.GetString(answer.Properties.Bytes(PropertyId.AuthenticationData)!), StringComparison.Ordinal);
            await client.PingAsync();
        }

        (WireClient wrong, ServerPacket.ConnAck refused) = await ScramAsync("b", "alice", "Wonderland");
        await using (wrong) Assert.Equal(ReasonCode.NotAuthorized, refused.ReasonCode);
        (WireClient without, refused) = await ScramAsync("c", "bob", "builder");
        await using (without) Assert.Equal(ReasonCode.NotAuthorized, refused.ReasonCode);
    }

    [Fact]
    public async Task A_method_that_is_not_offered_is_refused()
    {
        Assert.Equal(0x8C, await CodeAsync(Options("a", "alice", "wonderland") with { Properties = new Properties().AuthenticationMethod("PLAIN") }));
    }

    [Fact]
    public async Task Too_many_failures_are_refused_whatever_follows()
    {
        for (int i = 0; i < 10; i++) Assert.Equal(0x86, await CodeAsync(Options("x", "bob", "wrong")));

        Assert.Equal(0x97, await CodeAsync(Options("x", "bob", "builder")));
        Assert.Equal(3, await CodeAsync(Options("x", "bob", "builder", ProtocolVersion.V311)));
        Assert.Equal(0, await CodeAsync(Options("x", "alice", "wonderland")));
    }

    [Fact]
    public async Task A_client_identifier_belongs_to_a_principal_whatever_shows_who_it_is()
    {
        using X509Certificate2 certificate = Authority.Issue("CN=alice");
        ConnectOptions password = Options("shared", "alice", "wonderland");
        Func<Task<(WireClient Client, ServerPacket.ConnAck Answer)>>[] others =
        [
            () => AskAsync(Options("shared", "bob", "builder")),
            () => AskAsync(Options("shared", "bob", "builder") with { CleanStart = true }),
            () => AskAsync(Options("shared", "bob", "builder", ProtocolVersion.V311)),
            () => AskAsync(Options("shared", "jwt", Token("alice"))), // of the same name, and yet somebody else
            () => AskAsync(Options("shared", null, null) with { Properties = ByToken(Token("alice")) }),
            () => AskAsync(Options("shared", null, null), certificate),
        ];
        (WireClient owner, ServerPacket.ConnAck answer) = await AskAsync(password);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);

        foreach (bool isConnected in (bool[])[true, false])
        {
            foreach (Func<Task<(WireClient Client, ServerPacket.ConnAck Answer)>> other in others)
            {
                (WireClient client, answer) = await other();
                await using (client) Assert.True(answer.ReasonCode == ReasonCode.ClientIdentifierNotValid || answer.ReturnCode == 2, $"{answer.ReasonCode}");
            }

            if (isConnected) await owner.PingAsync(); // nobody threw it out
            await owner.DisposeAsync();
        }

        (WireClient again, answer) = await ScramAsync("shared", "alice", "wonderland"); // the same user by another way
        await using (again) Assert.True(answer is { ReasonCode: ReasonCode.Success, SessionPresent: true });
        (WireClient last, answer) = await AskAsync(password);
        await using (last) Assert.True(answer is { ReasonCode: ReasonCode.Success, SessionPresent: true });
    }

    private static Properties ByToken(string token) => new Properties().AuthenticationMethod("JWT").AuthenticationData(Encoding.ASCII.GetBytes(token));

    private async Task<byte> CodeAsync(ConnectOptions options)
    {
        (WireClient client, ServerPacket.ConnAck answer) = await AskAsync(options);
        await using (client) return answer.ReturnCode;
    }
}
