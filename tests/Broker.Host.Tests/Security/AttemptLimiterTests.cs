using System.Net;
using Broker.Host.Security;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Security;

public sealed class AttemptLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Failures_of_one_user_from_one_address_come_to_an_end_and_are_forgotten_within_a_minute()
    {
        var limiter = new AttemptLimiter(100, 3, _time);

        for (int i = 0; i < 3; i++) Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));

        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "alice"));
        Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "bob")); // nobody else pays for it
        Assert.NotNull(limiter.TryBegin(At("10.0.0.2"), "alice")); // nobody is locked out
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));
        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "alice"));
        _time.Advance(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 3; i++) Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));
        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "alice"));
    }

    [Fact]
    public void Failures_from_one_address_come_to_an_end_whatever_the_names()
    {
        var limiter = new AttemptLimiter(5, 3, _time);

        for (int i = 0; i < 5; i++) Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), $"user{i}"));

        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "another"));
        Assert.Null(limiter.TryBegin(At("10.0.0.1"), null));
        Assert.Null(limiter.TryBegin(At("::ffff:10.0.0.1"), null)); // the same address, written in another way
        Assert.NotNull(limiter.TryBegin(At("10.0.0.2"), "another"));
    }

    [Fact]
    public void Other_bounds_hold_from_the_next_attempt_on()
    {
        var limiter = new AttemptLimiter(100, 3, _time);
        for (int i = 0; i < 2; i++) Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));

        limiter.Use(100, 1);
        Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice")); // one is left, and one is what may be left
        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "alice"));

        limiter.Use(100, 6);
        _time.Advance(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 6; i++) Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));
        Assert.Null(limiter.TryBegin(At("10.0.0.1"), "alice"));
    }

    [Fact]
    public void A_network_of_ipv6_counts_as_one_address()
    {
        var limiter = new AttemptLimiter(1, 1, _time);

        Assert.NotNull(limiter.TryBegin(At("2001:db8::1"), null));

        Assert.Null(limiter.TryBegin(At("2001:db8::ffff:1"), null));
        Assert.NotNull(limiter.TryBegin(At("2001:db8:0:1::1"), null));
    }

    [Fact]
    public void What_succeeds_does_not_count_and_leaves_nothing_behind()
    {
        var limiter = new AttemptLimiter(2, 2, _time);

        for (int i = 0; i < 1_000; i++) limiter.TryBegin(At("10.0.0.1"), "alice")!.Forgive();

        Assert.Equal(0, limiter.Count);
        Assert.NotNull(limiter.TryBegin(At("10.0.0.1"), "alice"));
    }

    [Fact]
    public void What_is_remembered_is_bounded()
    {
        var limiter = new AttemptLimiter(2, 2, _time);

        for (uint i = 0; i < AttemptLimiter.MaxRemembered; i++) limiter.TryBegin(new IPEndPoint(new IPAddress(i + 1), 1), "alice");

        Assert.InRange(limiter.Count, 1, AttemptLimiter.MaxRemembered);
    }

    private static IPEndPoint At(string address) => new(IPAddress.Parse(address), 1234);
}
