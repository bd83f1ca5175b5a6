using System.Net;
using System.Text;
using System.Text.Json;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Security;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Security;

/// <summary>Every way in which a token can be wrong, and what is right.</summary>
public sealed class JwtLoginTests : IDisposable
{
    private static readonly string[] _audiences = ["other", TestTokens.Audience];
    private static readonly IPEndPoint _remote = new(IPAddress.Parse("10.0.0.1"), 1);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TestTokens _tokens = new();
    private readonly JwtKeyStore _keys;

    public JwtLoginTests()
    {
        _keys = new JwtKeyStore(Keys(_tokens.PublicPem));
    }

    /// <summary>Claims that are changed (null: taken away), and whether the token is still right.</summary>
    public static TheoryData<string, object?, bool> Claims => new()
    {
        { "sub", "device-2", true },
        { "aud", _audiences, true },
        { "nbf", At(0), true },
        { "nbf", At(30), true }, // the clocks may differ by so much
        { "exp", At(-29), true },
        { "exp", At(86_400), true },
        { "iss", null, false },
        { "iss", "https://issuer.example/", false },
        { "iss", "", false },
        { "aud", null, false },
        { "aud", "other", false },
        { "aud", Array.Empty<string>(), false },
        { "exp", null, false },
        { "exp", At(-30), false },
        { "exp", "soon", false },
        { "exp", 0, false },
        { "nbf", At(31), false },
        { "sub", null, false },
        { "sub", "", false },
        { "sub", _audiences, false },
        { "sub", "dev\u0000ice", false },
        { "sub", "dev\nice", false },
        { "sub", new string('x', 257), false },
    };

    public void Dispose() => _tokens.Dispose();

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task Issuer_audience_time_and_name_all_have_to_be_there_and_right(string claim, object? value, bool isRight)
    {
        Dictionary<string, object> claims = TestTokens.Claims(_time.GetUtcNow());
        if (value is null) claims.Remove(claim);
        else claims[claim] = value;

        AuthenticationResult result = await LogInAsync(_tokens.Sign(claims));

        Assert.Equal(isRight, result.Principal is not null);
        if (!isRight) Assert.Equal((ReasonCode.BadUserNameOrPassword, "The token is not valid here"), (result.ReasonCode, result.Reason));
    }

    [Fact]
    public async Task The_principal_is_the_subject_until_the_token_ends()
    {
        AuthenticationResult result = await LogInAsync(Good());

        Assert.Equal(new Principal("jwt", "device-1"), result.Principal);
        Assert.Equal(_time.GetUtcNow().AddMinutes(10).AddSeconds(30), result.ValidUntil);
    }

    [Fact]
    public async Task Another_claim_can_name_the_principal()
    {
        Dictionary<string, object> claims = TestTokens.Claims(_time.GetUtcNow());
        claims["client"] = "named";

        AuthenticationResult result = await LogInAsync(_tokens.Sign(claims), Rules() with { PrincipalClaim = "client" });

        Assert.Equal("named", result.Principal?.Name);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("")]
    [InlineData("XX256")]
    public async Task A_token_without_a_signature_is_none(string algorithm)
    {
        Assert.Null((await LogInAsync(_tokens.Sign(TestTokens.Claims(_time.GetUtcNow()), algorithm))).Principal);
    }

    [Fact]
    public async Task An_algorithm_that_is_not_fixed_is_refused_even_with_a_key_for_it()
    {
        _keys.Current = Keys(_tokens.PublicPem + "\n" + _tokens.PublicRsaPem);
        string token = _tokens.Sign(TestTokens.Claims(_time.GetUtcNow()), "RS256");

        Assert.Null((await LogInAsync(token)).Principal);
        Assert.NotNull((await LogInAsync(token, Rules("ES256", "RS256"))).Principal);
    }

    [Fact]
    public async Task A_public_key_is_no_shared_secret_whatever_the_token_says()
    {
        Dictionary<string, object> claims = TestTokens.Claims(_time.GetUtcNow());
        foreach (string pem in new[] { _tokens.PublicPem, _tokens.PublicRsaPem, _tokens.PublicPem.TrimEnd() })
        {
            _keys.Current = Keys(pem);
            string token = _tokens.Sign(claims, "HS256", secret: Encoding.UTF8.GetBytes(pem));

            Assert.Null((await LogInAsync(token)).Principal);
            Assert.Null((await LogInAsync(token, Rules("ES256", "RS256", "HS256"))).Principal); // as no configuration allows it
        }
    }

    [Fact]
    public async Task A_shared_secret_works_where_it_is_configured()
    {
        byte[] secret = "0123456789abcdef0123456789abcdef"u8.ToArray();
        string set = $$"""{"keys":[{"kty":"oct","k":"{{Convert.ToBase64String(secret).TrimEnd('=').Replace('+', '-').Replace('/', '_')}}"}]}""";
        _keys.Current = JwtKeys.TryParse(set, allowsSecrets: true, out string? fault);
        string token = _tokens.Sign(TestTokens.Claims(_time.GetUtcNow()), "HS256", secret: secret);

        Assert.Null(fault);
        Assert.NotNull((await LogInAsync(token, Rules("HS256"))).Principal);
        Assert.Null((await LogInAsync(token[..^2] + "AA", Rules("HS256"))).Principal);
    }

    [Fact]
    public async Task Another_key_another_text_and_another_signature_are_refused()
    {
        using var other = new TestTokens();
        string good = Good();
        string[] parts = good.Split('.');

        Assert.Null((await LogInAsync(other.Sign(TestTokens.Claims(_time.GetUtcNow())))).Principal);
        Assert.Null((await LogInAsync($"{parts[0]}.{other.Sign(new { sub = "admin" }).Split('.')[1]}.{parts[2]}")).Principal);
        Assert.Null((await LogInAsync($"{parts[0]}.{parts[1]}.")).Principal);
        Assert.Null((await LogInAsync($"{parts[0]}.{parts[1]}.{parts[2][..40]}")).Principal);
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_not_used()
    {
        using var other = new TestTokens();
        using var json = System.Text.Json.JsonDocument.Parse(other.Set("x"));
        var header = new Dictionary<string, object>
        {
            ["jwk"] = json.RootElement.GetProperty("keys")[0].Clone(),
            ["jku"] = "http://127.0.0.1:1/keys",
            ["x5u"] = "http://127.0.0.1:1/cert",
        };

        Assert.Null((await LogInAsync(other.Sign(TestTokens.Claims(_time.GetUtcNow()), header: header))).Principal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(" \n", true)]
    [InlineData("}", false)]
    [InlineData("{\"sub\":\"admin\"}", false)]
    [InlineData("1", false)]
    public async Task Claims_with_something_behind_them_are_refused_though_they_are_signed(string behind, bool isRight)
    {
        byte[] claims = [.. JsonSerializer.SerializeToUtf8Bytes(TestTokens.Claims(_time.GetUtcNow())), .. Encoding.UTF8.GetBytes(behind)];

        Assert.Equal(isRight, (await LogInAsync(_tokens.Sign(claims))).Principal is not null);
    }

    [Fact]
    public async Task What_a_token_demands_to_be_understood_refuses_it()
    {
        var header = new Dictionary<string, object> { ["crit"] = new[] { "exp" } };

        Assert.Null((await LogInAsync(_tokens.Sign(TestTokens.Claims(_time.GetUtcNow()), header: header))).Principal);
    }

    [Fact]
    public async Task Key_identifiers_choose_among_the_keys_that_are_known_and_an_unknown_one_is_asked_for()
    {
        int missed = 0;
        _keys.Missed = () => missed++;
        _keys.Current = Keys(_tokens.Set("one"));
        Dictionary<string, object> claims = TestTokens.Claims(_time.GetUtcNow());

        Assert.NotNull((await LogInAsync(_tokens.Sign(claims, keyId: "one"))).Principal);
        Assert.NotNull((await LogInAsync(_tokens.Sign(claims))).Principal);
        Assert.Equal(0, missed);
        Assert.Null((await LogInAsync(_tokens.Sign(claims, keyId: "two"))).Principal);
        Assert.Null((await LogInAsync(_tokens.Sign(claims, keyId: "../../etc/passwd"))).Principal);
        Assert.Equal(2, missed);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d.e")] // what an encrypted token looks like
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.W10.AAAA")]
    [InlineData("é.é.é")]
    public async Task What_is_no_token_is_refused(string text)
    {
        Assert.Null((await LogInAsync(text)).Principal);
    }

    [Fact]
    public async Task A_token_may_be_so_long_and_no_longer()
    {
        Dictionary<string, object> claims = TestTokens.Claims(_time.GetUtcNow());
        claims["padding"] = new string('x', 3_000);
        string token = _tokens.Sign(claims);

        Assert.NotNull((await LogInAsync(token, Rules() with { TokenBytes = token.Length + 1 })).Principal);
        Assert.NotNull((await LogInAsync(token, Rules() with { TokenBytes = token.Length })).Principal);
        Assert.Null((await LogInAsync(token, Rules() with { TokenBytes = token.Length - 1 })).Principal);
        Assert.Null((await LogInAsync(new string('a', 60_000) + ".b.c")).Principal);
    }

    [Fact]
    public async Task Without_keys_nobody_gets_in()
    {
        _keys.Current = null;

        Assert.Equal(ReasonCode.ServerUnavailable, (await LogInAsync(Good())).ReasonCode);
    }

    [Fact]
    public async Task A_token_is_remembered_no_longer_than_it_holds_and_than_its_keys_do()
    {
        var login = new JwtLogin(Rules(), _keys, new AttemptLimiter(100, 10, _time), new RememberedLogins(TimeSpan.FromHours(1), _time), _time);
        byte[] token = Encoding.ASCII.GetBytes(Good());

        Assert.NotNull((await login.LogInAsync(_remote, token)).Principal);
        _time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(29));
        Assert.NotNull((await login.LogInAsync(_remote, token)).Principal);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await login.LogInAsync(_remote, token)).Principal);

        byte[] fresh = Encoding.ASCII.GetBytes(Good());
        Assert.NotNull((await login.LogInAsync(_remote, fresh)).Principal);
        _keys.Current = Keys(_tokens.PublicRsaPem);
        Assert.Null((await login.LogInAsync(_remote, fresh)).Principal);
    }

    [Fact]
    public async Task Bad_tokens_from_one_address_come_to_an_end()
    {
        var login = new JwtLogin(Rules(), _keys, new AttemptLimiter(5, 5, _time), new RememberedLogins(TimeSpan.Zero, _time), _time);
        byte[] bad = Encoding.ASCII.GetBytes(_tokens.Sign(new { sub = "x" }));

        for (int i = 0; i < 5; i++) Assert.Equal(ReasonCode.BadUserNameOrPassword, (await login.LogInAsync(_remote, bad)).ReasonCode);

        Assert.Equal(ReasonCode.QuotaExceeded, (await login.LogInAsync(_remote, Encoding.ASCII.GetBytes(Good()))).ReasonCode);
    }

    [Theory]
    [InlineData("jwt", "jwt", true)]
    [InlineData("jwt", "", true)]
    [InlineData("jwt", null, true)]
    [InlineData("jwt", "JWT", false)]
    [InlineData("jwt", "alice", false)]
    [InlineData("*", "alice", true)]
    public void The_user_name_says_whether_the_password_is_a_token(string configured, string? userName, bool isToken)
    {
        var login = new JwtLogin(Rules() with { UserName = configured }, _keys, new AttemptLimiter(5, 5, _time), new RememberedLogins(TimeSpan.Zero, _time), _time);

        Assert.Equal(isToken, login.IsFor(userName));
    }

    private static long At(int seconds) => new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero).AddSeconds(seconds).ToUnixTimeSeconds();

    private static JwtKeys Keys(string text)
    {
        JwtKeys? keys = JwtKeys.TryParse(text, allowsSecrets: false, out string? fault);
        Assert.Null(fault);
        return keys!;
    }

    private static JwtRules Rules(params string[] algorithms) => new()
    {
        Issuer = TestTokens.Issuer,
        Audience = TestTokens.Audience,
        Algorithms = algorithms.Length == 0 ? ["ES256"] : algorithms,
        PrincipalClaim = "sub",
        UserName = "jwt",
        ClockSkew = TimeSpan.FromSeconds(30),
        TokenBytes = 8_192,
    };

    private string Good() => _tokens.Sign(TestTokens.Claims(_time.GetUtcNow()));

    private async Task<AuthenticationResult> LogInAsync(string token, JwtRules? rules = null)
    {
        var login = new JwtLogin(rules ?? Rules(), _keys, new AttemptLimiter(100, 10, _time), new RememberedLogins(TimeSpan.Zero, _time), _time);
        return await login.LogInAsync(_remote, Encoding.UTF8.GetBytes(token));
    }
}
