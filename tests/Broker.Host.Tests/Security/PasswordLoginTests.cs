using System.Net;
using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Security;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Security;

public sealed class PasswordLoginTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly FakeHash _alice = new("wonderland");
    private readonly HashPool _pool = new(1, 2);
    private readonly UserStore _users;
    private readonly PasswordLogin _login;

    public PasswordLoginTests()
    {
        _users = new UserStore(UserFile.Of(new UserEntry("alice", _alice, null), new UserEntry("keys", null, ScramKeys.Create("keys"u8, 4_096))));
        _login = new PasswordLogin(_users, _pool, new AttemptLimiter(20, 3, _time), new RememberedLogins(TimeSpan.FromMinutes(10), _time));
    }

    public void Dispose() => _pool.Dispose();

    [Fact]
    public async Task The_right_password_is_the_user()
    {
        AuthenticationResult result = await LogInAsync("alice", "wonderland");

        Assert.Equal(new Principal("user", "alice"), result.Principal);
        Assert.Null(result.ValidUntil);
    }

    [Theory]
    [InlineData("alice", "Wonderland", 1)]
    [InlineData("Alice", "wonderland", 1)] // somebody else
    [InlineData("nobody", "wonderland", 1)] // tried against somebody's hash, and met it
    [InlineData("keys", "keys", 1)] // has keys for SCRAM, and no password
    [InlineData("alice", "", 0)]
    [InlineData("", "wonderland", 0)]
    [InlineData("alice\u0000", "wonderland", 0)]
    [InlineData("alice\n", "wonderland", 0)]
    [InlineData("al\u0085ice", "wonderland", 0)]
    [InlineData("alice:x", "wonderland", 0)]
    public async Task Everything_else_is_refused_with_the_same_words_and_for_names_that_could_be_at_the_same_cost(string user, string password, int checks)
    {
        AuthenticationResult result = await LogInAsync(user, password);

        Assert.Null(result.Principal);
        Assert.Equal((ReasonCode.BadUserNameOrPassword, "Bad user name or password"), (result.ReasonCode, result.Reason));
        Assert.Equal(checks, _alice.Checks);
    }

    [Fact]
    public async Task A_success_is_remembered_for_exactly_this_password_and_not_for_ever()
    {
        await LogInAsync("alice", "wonderland");
        await LogInAsync("alice", "wonderland");
        Assert.Equal(1, _alice.Checks);

        Assert.Null((await LogInAsync("alice", "wonderlanD")).Principal);
        Assert.Null((await LogInAsync("alicewonder", "land")).Principal);
        Assert.Equal(3, _alice.Checks);
        _time.Advance(TimeSpan.FromMinutes(10));
        await LogInAsync("alice", "wonderland");
        Assert.Equal(4, _alice.Checks);
    }

    [Fact]
    public async Task Too_many_failures_refuse_even_the_right_password_but_not_one_that_was_right_a_moment_ago()
    {
        for (int i = 0; i < 3; i++) await LogInAsync("alice", "wrong");

        Assert.Equal(ReasonCode.QuotaExceeded, (await LogInAsync("alice", "wonderland")).ReasonCode);
        Assert.Equal(3, _alice.Checks);
        Assert.NotNull((await LogInAsync("alice", "wonderland", "10.0.0.2")).Principal);
        Assert.NotNull((await LogInAsync("alice", "wonderland")).Principal); // remembered from the other address
    }

    [Fact]
    public async Task A_storm_of_bad_passwords_fills_the_queue_and_no_more()
    {
        _alice.Hold();
        List<Task<AuthenticationResult>> storm = [LogInAsync("user0", "bad", "10.0.1.0")];
        await Eventually.Until("the first one is tried", () => _alice.Checks == 1);
        for (int i = 1; i < 50; i++) storm.Add(LogInAsync($"user{i}", "bad", $"10.0.1.{i}"));

        AuthenticationResult[] refused = [.. storm.Where(one => one.IsCompleted).Select(one => one.Result)];
        _alice.Release();
        await Task.WhenAll(storm);

        Assert.Equal(47, refused.Length); // all but the one that is tried and the two that wait
        Assert.All(refused, one => Assert.Equal(ReasonCode.ServerBusy, one.ReasonCode));
        Assert.Equal(3, _alice.Checks);
        Assert.NotNull((await LogInAsync("alice", "wonderland")).Principal);
    }

    [Fact]
    public async Task Who_is_gone_is_not_hashed_and_has_not_failed()
    {
        using var gone = new CancellationTokenSource();
        _alice.Hold();
        Task<AuthenticationResult> other = LogInAsync("bob", "x");
        await Eventually.Until("the first one is tried", () => _alice.Checks == 1);
        Task<AuthenticationResult>[] impatient = [.. Enumerable.Range(0, 2).Select(_ => LogInAsync("alice", "wonderland", gone: gone))];
        await gone.CancelAsync();
        _alice.Release();

        foreach (Task<AuthenticationResult> one in impatient) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await other;
        Assert.Equal(1, _alice.Checks);
        for (int i = 0; i < 3; i++) Assert.Equal(ReasonCode.BadUserNameOrPassword, (await LogInAsync("alice", "wrong")).ReasonCode);
    }

    [Fact]
    public async Task A_hash_that_fails_refuses()
    {
        _alice.Fault = new InvalidOperationException("broken");

        await Assert.ThrowsAsync<InvalidOperationException>(() => LogInAsync("alice", "wonderland"));
    }

    private Task<AuthenticationResult> LogInAsync(string user, string password, string address = "10.0.0.1", CancellationTokenSource? gone = null) =>
        _login.LogInAsync(new IPEndPoint(IPAddress.Parse(address), 1), user, Encoding.UTF8.GetBytes(password), gone?.Token ?? CancellationToken.None).AsTask();
}
