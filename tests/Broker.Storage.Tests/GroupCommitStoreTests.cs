using Broker.Core.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Storage.Tests;

public sealed class GroupCommitStoreTests
{
    private readonly ForgetfulLog _log = new();

    [Fact]
    public void Nobody_is_told_before_the_disk_has_confirmed()
    {
        using GroupCommitStore store = Start();
        using var waiter = new Waiter(() => _log.AfterPowerLoss().Length);

        store.WhenCommitted(store.Append([1, 0, 0, 0, 0], AckLevel.Fsync), waiter);
        waiter.Wait();

        Assert.Equal(1, waiter.Found);
    }

    [Fact]
    public void The_test_above_would_see_who_acknowledges_earlier()
    {
        _log.Gate.Reset();
        using GroupCommitStore store = Start(new GroupCommitOptions { AcknowledgesEarly = true });
        using var waiter = new Waiter(() => _log.AfterPowerLoss().Length);

        store.WhenCommitted(store.Append([1, 0, 0, 0, 0], AckLevel.Fsync), waiter);
        waiter.Wait();

        Assert.Equal(0, waiter.Found);
        _log.Gate.Set();
    }

    [Fact]
    public void What_is_only_to_be_written_is_not_synced()
    {
        using GroupCommitStore store = Start();
        using var waiter = new Waiter();

        store.WhenCommitted(store.Append([1, 0, 0, 0, 0], AckLevel.Written), waiter);
        waiter.Wait();

        Assert.Equal((1, 0), (_log.Written.Length, _log.Syncs));
    }

    [Fact]
    public void One_sync_is_shared_by_all_who_wait()
    {
        _log.Gate.Reset();
        using GroupCommitStore store = Start();
        using var first = new Waiter();
        store.WhenCommitted(store.Append([1], AckLevel.Fsync), first);
        SpinWait.SpinUntil(() => store.Gathering == 2);
        Waiter[] others = [.. Enumerable.Range(0, 50).Select(_ => new Waiter())];
        foreach (Waiter waiter in others) store.WhenCommitted(store.Append([2], AckLevel.Fsync), waiter);

        _log.Gate.Set();
        foreach (Waiter waiter in others) waiter.Wait();

        Assert.Equal(2, _log.Syncs);
        Assert.Equal(50, _log.Written[1].Length);
        foreach (Waiter waiter in others) waiter.Dispose();
    }

    [Fact]
    public void Those_who_ask_again_share_the_next_sync()
    {
        _log.Gate.Reset();
        using GroupCommitStore store = Start(new GroupCommitOptions { Time = new FakeTimeProvider() }); // no time passes: it waits for all that it expects
        Ask(store, 1);
        SpinWait.SpinUntil(() => store.Gathering == 2);
        Ask(store, 9);
        _log.Gate.Set();
        SpinWait.SpinUntil(() => store.IsCommitted(2));

        Ask(store, 1);
        Assert.False(SpinWait.SpinUntil(() => store.Gathering > 3, TimeSpan.FromMilliseconds(100)));
        Ask(store, 7); // eight in all: nine in ten of the nine
        SpinWait.SpinUntil(() => store.IsCommitted(3));

        Assert.Equal([1, 9, 8], _log.Written.Select(commit => commit.Length));
    }

    [Fact]
    public void What_nobody_waits_for_is_written_all_the_same()
    {
        using GroupCommitStore store = Start();

        store.Append([7], AckLevel.Memory);

        Assert.True(SpinWait.SpinUntil(() => _log.Written.Length == 1, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_group_is_never_torn()
    {
        using GroupCommitStore store = Start();
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() => AppendGroups(store, (byte)number)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        store.Dispose();

        byte[][] commits = _log.Written;
        Assert.Equal(4 * 2_000 * 3, commits.Sum(commit => commit.Length));
        Assert.All(commits, commit =>
        {
            for (byte number = 0; number < 4; number++) Assert.Equal(0, commit.Count(one => one == number) % 3);
        });
    }

    [Fact]
    public void A_group_says_what_its_acknowledgement_waits_for()
    {
        using GroupCommitStore store = Start();

        store.BeginGroup();
        store.Append([1], AckLevel.Memory);
        Assert.Equal(0, store.EndGroup());

        store.BeginGroup();
        store.BeginGroup();
        long appended = store.Append([1], AckLevel.Fsync);
        Assert.Equal(appended, store.EndGroup());
        Assert.Equal(appended, store.EndGroup());
    }

    [Fact]
    public void A_failed_sync_is_the_end_and_nobody_is_told_any_more()
    {
        var log = new ForgetfulLog { FailingSync = 2 };
        using var store = new GroupCommitStore(log, new GroupCommitOptions());
        StoreException? fault = null;
        store.Failed += e => fault = e;
        store.Start();
        using var first = new Waiter();
        using var second = new Waiter();
        using var third = new Waiter();
        store.WhenCommitted(store.Append([1], AckLevel.Fsync), first);
        first.Wait();

        store.WhenCommitted(store.Append([2], AckLevel.Fsync), second);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref fault) is not null, TimeSpan.FromSeconds(60)));
        store.WhenCommitted(store.Append([3], AckLevel.Fsync), third);
        store.Dispose();

        Assert.Equal(StoreState.Failed, store.State);
        Assert.True(store.IsFull);
        Assert.False(second.IsTold);
        Assert.False(third.IsTold);
        Assert.Equal(2, log.Syncs); // no second try
    }

    [Fact]
    public void Publishers_are_held_back_while_too_much_waits()
    {
        _log.Gate.Reset();
        using GroupCommitStore store = Start(new GroupCommitOptions { WaitingBytes = 100 });
        store.Append(new byte[100], AckLevel.Fsync);
        Assert.False(store.IsBehind);

        using var waiter = new Waiter();
        store.WhenCommitted(store.Append(new byte[1], AckLevel.Fsync), waiter);
        Assert.True(store.IsBehind);

        _log.Gate.Set();
        waiter.Wait();
        Assert.False(store.IsBehind);
    }

    [Fact]
    public void Who_waits_for_the_disk_to_keep_up_goes_on_although_nothing_new_comes()
    {
        _log.Gate.Reset();
        using GroupCommitStore store = Start(new GroupCommitOptions { WaitingBytes = 100 });
        store.Append(new byte[101], AckLevel.Fsync);
        Assert.True(SpinWait.SpinUntil(() => store.Gathering == 2, TimeSpan.FromSeconds(60)));
        Assert.True(store.IsBehind);

        using var waiter = new Waiter();
        store.WhenCommitted(store.Gathering, waiter);
        _log.Gate.Set();

        waiter.Wait();
    }

    [Fact]
    public void Whatever_ends_the_writer_is_the_end_of_the_store()
    {
        var log = new ForgetfulLog { FailingSync = 1, Fault = new InvalidOperationException("a defect") };
        using var store = new GroupCommitStore(log, new GroupCommitOptions());
        StoreException? fault = null;
        store.Failed += e => Volatile.Write(ref fault, e);
        store.Start();

        store.Append([1], AckLevel.Fsync);

        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref fault) is not null, TimeSpan.FromSeconds(60)));
        Assert.Contains("a defect", fault!.Message, StringComparison.Ordinal);
        Assert.Equal(StoreState.Failed, store.State);
    }

    [Theory]
    [InlineData(60, 40, StoreState.Open)]
    [InlineData(60, 39, StoreState.Full)]
    [InlineData(24, 100, StoreState.Full)] // the write-ahead log needs room beside the file
    public void Room_that_the_log_will_use_again_counts(long free, long reusable, StoreState expected)
    {
        _log.ReusableBytes = reusable;
        using GroupCommitStore store = Start(new GroupCommitOptions { MinFree = 100, Free = () => free });

        Assert.Equal(expected, store.State);
        Assert.Equal(free + reusable >= 50, store.HasRoomFor(25));
    }

    [Fact]
    public void A_full_disk_closes_the_gate_and_opens_it_by_itself()
    {
        long free = 99;
        using GroupCommitStore store = Start(new GroupCommitOptions { MinFree = 100, Free = () => Volatile.Read(ref free) });
        Assert.True(store.IsFull);

        Volatile.Write(ref free, 100);

        Assert.True(SpinWait.SpinUntil(() => !store.IsFull, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_checkpoint_trims_the_log()
    {
        using GroupCommitStore store = Start();

        store.Trim(5);

        Assert.True(SpinWait.SpinUntil(() => _log.TrimmedBefore == 5, TimeSpan.FromSeconds(60)));
    }

    private static void AppendGroups(GroupCommitStore store, byte number)
    {
        for (int i = 0; i < 2_000; i++)
        {
            store.BeginGroup();
            for (int part = 0; part < 3; part++) store.Append([number], AckLevel.Fsync);
            store.EndGroup();
        }
    }

    private static void Ask(GroupCommitStore store, int times)
    {
        for (int i = 0; i < times; i++) store.Append([1], AckLevel.Fsync);
    }

    private GroupCommitStore Start(GroupCommitOptions? options = null)
    {
        var store = new GroupCommitStore(_log, options ?? new GroupCommitOptions());
        store.Start();
        return store;
    }
}
