using System.Security.Cryptography;
using System.Text;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Security;

namespace Broker.Host.Tests.Security;

/// <summary>RFC 5802, with the example of RFC 7677.</summary>
public sealed class ScramTests
{
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    private const string Salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private const string FirstOfRfc = $"n,,n=user,r={ClientNonce}";
    private const string AnswerOfRfc = $"r={ClientNonce}{ServerNonce},s={Salt},i=4096";
    private const string FinalOfRfc = $"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    private readonly UserStore _users = new(UserFile.Of(
        new UserEntry("user", null, ScramKeys.Create("pencil"u8, Convert.FromBase64String(Salt), 4_096)),
        new UserEntry("a,b=c", null, ScramKeys.Create("x"u8, Convert.FromBase64String(Salt), 4_096)),
        new UserEntry("plain", Argon2(), null)));

    [Fact]
    public async Task The_example_of_rfc_7677()
    {
        IAuthenticationExchange exchange = Begin();

        AuthenticationStep first = await StepAsync(exchange, FirstOfRfc);
        AuthenticationStep final = await StepAsync(exchange, FinalOfRfc);

        Assert.Null(first.Result);
        Assert.Equal(AnswerOfRfc, Text(first));
        Assert.Equal(new Principal("user", "user"), final.Result!.Value.Principal);
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Text(final));
    }

    [Theory]
    [InlineData("y,,n=user,r=x", "eSws")] // it knows channel binding and believes that the broker does not, which is so
    [InlineData("n,a=user,n=user,r=x", "bixhPXVzZXIs")]
    [InlineData("n,,n=user,r=x,ext=ignored", "biws")]
    public async Task Other_ways_to_begin_that_are_right(string begin, string header)
    {
        IAuthenticationExchange exchange = Begin();
        string answer = Text(await StepAsync(exchange, begin));

        AuthenticationStep final = await StepAsync(exchange, Final(begin, answer, "pencil", header));

        Assert.Equal("user", final.Result!.Value.Principal?.Name);
    }

    [Fact]
    public async Task A_name_with_commas_and_equals_signs_is_written_with_escapes()
    {
        IAuthenticationExchange exchange = Begin();
        string begin = "n,,n=a=2Cb=3Dc,r=x";
        string answer = Text(await StepAsync(exchange, begin));

        AuthenticationStep final = await StepAsync(exchange, Final(begin, answer, "x"));

        Assert.Equal("a,b=c", final.Result!.Value.Principal?.Name);
    }

    [Theory]
    [InlineData("user", "penciL")]
    [InlineData("nobody", "pencil")]
    [InlineData("plain", "plain")] // has a password hash, and no keys
    public async Task A_wrong_proof_and_a_user_who_is_not_there_look_alike(string user, string password)
    {
        IAuthenticationExchange exchange = Begin();
        string begin = $"n,,n={user},r=x";
        AuthenticationStep first = await StepAsync(exchange, begin);

        AuthenticationStep final = await StepAsync(exchange, Final(begin, Text(first), password));

        Assert.Null(first.Result);
        Assert.EndsWith(",i=4096", Text(first), StringComparison.Ordinal);
        AssertRefused(final, "Bad user name or password");
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,r=x,n=user")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=with space")]
    [InlineData("n,,n=,r=x")]
    [InlineData("n,,n=us=er,r=x")]
    [InlineData("n,,n=us=3Xer,r=x")]
    [InlineData("n,,m=future,n=user,r=x")]
    [InlineData("n,a=admin,n=user,r=x")]
    [InlineData("n,user,n=user,r=x")]
    [InlineData("p=tls-unique,,n=user,r=x")]
    [InlineData("x,,n=user,r=x")]
    [InlineData("n,,n=us\ner,r=x")]
    public async Task A_beginning_that_is_none_is_refused(string begin)
    {
        AssertRefused(await StepAsync(Begin(), begin), "This is no message");
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        AuthenticationStep step = await Begin().ContinueAsync(new byte[] { (byte)'n', (byte)',', (byte)',', 0xC0, 0x80 }, TestContext.Current.CancellationToken);

        AssertRefused(step, "This is no message");
    }

    [Theory]
    [InlineData("")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")] // without the broker's nonce
    [InlineData("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")] // another header
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=")]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    public async Task An_end_that_does_not_fit_is_refused_and_the_exchange_is_over(string end)
    {
        IAuthenticationExchange exchange = Begin();
        await StepAsync(exchange, FirstOfRfc);

        AssertRefused(await StepAsync(exchange, end), "This is no message");
        AssertRefused(await StepAsync(exchange, FinalOfRfc), "This is no message");
    }

    [Fact]
    public async Task A_proof_does_not_work_in_another_exchange()
    {
        IAuthenticationExchange exchange = new ScramAuthenticator(_users, Limiter()).Begin(Connection, "c");
        await StepAsync(exchange, FirstOfRfc);

        AssertRefused(await StepAsync(exchange, FinalOfRfc), "This is no message");
    }

    [Fact]
    public async Task Failures_are_bounded_and_successes_do_not_count()
    {
        var authenticator = new ScramAuthenticator(_users, Limiter(), () => ServerNonce);
        for (int i = 0; i < 20; i++)
        {
            IAuthenticationExchange good = authenticator.Begin(Connection, "c");
            await StepAsync(good, FirstOfRfc);
            Assert.NotNull((await StepAsync(good, FinalOfRfc)).Result!.Value.Principal);
        }

        for (int i = 0; i < 3; i++) Assert.Null((await StepAsync(authenticator.Begin(Connection, "c"), FirstOfRfc)).Result); // begun and left

        Assert.Equal(ReasonCode.QuotaExceeded, (await StepAsync(authenticator.Begin(Connection, "c"), FirstOfRfc)).Result!.Value.ReasonCode);
    }

    [Fact]
    public void Keys_are_written_as_rfc_5803_has_them_and_read_again()
    {
        ScramKeys keys = ScramKeys.Create("pencil"u8, Convert.FromBase64String(Salt), 4_096);

        string text = keys.ToString();
        ScramKeys? again = ScramKeys.TryParse(text, out string? fault);

        Assert.Equal("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", text);
        Assert.Null(fault);
        Assert.Equal(keys.StoredKey, again!.StoredKey);
        Assert.Equal(keys.ServerKey, again.ServerKey);
    }

    internal static string Final(string begin, string answer, string password, string header = "biws")
    {
        string[] parts = answer.Split(',');
        byte[] salt = Convert.FromBase64String(parts[1][2..]);
        int iterations = int.Parse(parts[2][2..], System.Globalization.CultureInfo.InvariantCulture);
        string withoutProof = $"c={header},{parts[0]}";
        string bare = begin[begin.IndexOf("n=", StringComparison.Ordinal)..];
        byte[] message = Encoding.UTF8.GetBytes($"{bare},{answer},{withoutProof}");
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);
        byte[] key = HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] signature = HMACSHA256.HashData(SHA256.HashData(key), message);
        byte[] proof = [.. key.Zip(signature, (a, b) => (byte)(a ^ b))];
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    private static ConnectionInfo Connection => new("Mqtt", TransportKind.Tcp, null);

    private static AttemptLimiter Limiter() => new(100, 3, TimeProvider.System);

    private static PasswordHash Argon2() => PasswordHash.TryParse(TestUsers.Cheap("plain"), out _)!;

    private static string Text(AuthenticationStep step) => Encoding.UTF8.GetString(step.Data.Span);

    private static async Task<AuthenticationStep> StepAsync(IAuthenticationExchange exchange, string text) =>
        await exchange.ContinueAsync(Encoding.UTF8.GetBytes(text), default);

    private static void AssertRefused(AuthenticationStep step, string text)
    {
        Assert.NotNull(step.Result);
        Assert.Null(step.Result.Value.Principal);
        Assert.Equal(ReasonCode.NotAuthorized, step.Result.Value.ReasonCode);
        Assert.StartsWith(text, step.Result.Value.Reason, StringComparison.Ordinal);
        Assert.True(step.Data.IsEmpty);
    }

    private IAuthenticationExchange Begin() => new ScramAuthenticator(_users, Limiter(), () => ServerNonce).Begin(Connection, "c");
}
