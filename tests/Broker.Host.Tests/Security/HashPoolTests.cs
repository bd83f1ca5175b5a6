using Broker.Host.Security;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Security;

public sealed class HashPoolTests
{
    private static readonly byte[] _right = "right"u8.ToArray();

    [Fact]
    public async Task Passwords_are_tried_in_their_turn()
    {
        using var pool = new HashPool(1, 10);
        var hash = new FakeHash("right");

        Task<bool> right = TryVerify(pool, hash, _right)!;
        Task<bool> wrong = TryVerify(pool, hash, "wrong"u8.ToArray())!;

        Assert.True(await right);
        Assert.False(await wrong);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more_until_there_is_room()
    {
        using var pool = new HashPool(1, 2);
        var slow = new FakeHash("right");
        slow.Hold();
        Task<bool> running = TryVerify(pool, slow, _right)!;
        await Eventually.Until("the first one is tried", () => slow.Checks == 1);
        Task<bool> first = TryVerify(pool, slow, _right)!;
        Task<bool> second = TryVerify(pool, slow, _right)!;

        Assert.Null(TryVerify(pool, slow, _right));
        slow.Release();

        Assert.All(await Task.WhenAll(running, first, second), Assert.True);
        Assert.True(await TryVerify(pool, slow, _right)!);
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_is_not_tried()
    {
        using var pool = new HashPool(1, 10);
        using var gone = new CancellationTokenSource();
        var slow = new FakeHash("right");
        var other = new FakeHash("right");
        slow.Hold();
        Task<bool> running = TryVerify(pool, slow, _right)!;
        Task<bool> cancelled = TryVerify(pool, other, _right, gone)!;

        await gone.CancelAsync();
        slow.Release();

        Assert.True(await running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(0, other.Checks);
    }

    [Fact]
    public async Task A_hash_that_fails_fails_its_own_login_only()
    {
        using var pool = new HashPool(1, 10);
        var broken = new FakeHash("right") { Fault = new InvalidOperationException("broken") };

        await Assert.ThrowsAsync<InvalidOperationException>(() => TryVerify(pool, broken, _right)!);

        Assert.True(await TryVerify(pool, new FakeHash("right"), _right)!);
    }

    [Fact]
    public async Task Disposing_it_ends_what_waits()
    {
        var pool = new HashPool(1, 10);
        var slow = new FakeHash("right");
        slow.Hold();
        Task<bool> running = TryVerify(pool, slow, _right)!;
        await Eventually.Until("the first one is tried", () => slow.Checks == 1);
        Task<bool> waiting = TryVerify(pool, slow, _right)!;

        Task disposing = Task.Run(pool.Dispose, TestContext.Current.CancellationToken);
        slow.Release();
        await disposing;

        Assert.True(await running);
        Assert.True(waiting.IsCompleted);
        Assert.Null(TryVerify(pool, slow, _right));
    }

    private static Task<bool>? TryVerify(HashPool pool, FakeHash hash, byte[] password, CancellationTokenSource? gone = null) =>
        pool.TryVerify(hash, password, gone?.Token ?? CancellationToken.None);
}
