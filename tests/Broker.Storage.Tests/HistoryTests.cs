using Broker.Crash;

namespace Broker.Storage.Tests;

/// <summary>The checker of the crash campaign sees each thing that it is there to see.</summary>
public sealed class HistoryTests
{
    private readonly History _history = new();

    public HistoryTests()
    {
        _history.Subscribed("once", isOnce: true);
        for (long number = 1; number <= 3; number++)
        {
            _history.Sent(1, number);
            _history.Acknowledged(1, number, isRetained: number == 2);
        }
    }

    [Fact]
    public void All_is_well()
    {
        Deliver(1, 2, 3);

        Assert.True(Check().IsSound);
    }

    [Fact]
    public void A_lost_message() => Assert.Equal(1, After(() => Deliver(1, 3)).Lost);

    [Fact]
    public void A_message_that_comes_twice() => Assert.Equal(1, After(() => Deliver(1, 2, 2, 3)).Duplicated);

    [Fact]
    public void An_older_message_after_a_newer_one() => Assert.Equal(1, After(() => Deliver(1, 3, 2)).Reordered);

    [Fact]
    public void A_message_that_nobody_sent() => Assert.Equal(1, After(() => Deliver(1, 2, 3, 4)).Phantoms);

    [Fact]
    public void A_message_whose_bytes_changed() =>
        Assert.Equal(1, After(() => _history.Delivered("once", "t", 1, 1, isSound: false)).Phantoms);

    [Fact]
    public void A_retained_message_that_is_too_old()
    {
        Deliver(1, 2, 3);

        Assert.Equal(1, _history.Check(new Dictionary<int, long> { [1] = 1 }, 0).StaleRetained);
    }

    [Fact]
    public void A_session_that_is_not_there() => Assert.Equal(1, After(_history.SessionForgotten).ForgottenSessions);

    [Fact]
    public void Wills_that_are_missing_or_come_twice()
    {
        Deliver(1, 2, 3);
        _history.WillLeft(1);
        _history.WillDue(1);
        _history.WillLeft(2);
        _history.WillDelivered("once", 2);
        _history.WillDelivered("once", 2);

        Assert.Equal((1, 1), (Check().WillsMissing, Check().WillsTwice));
    }

    private void Deliver(params long[] numbers)
    {
        foreach (long number in numbers) _history.Delivered("once", "t", 1, number, isSound: true);
    }

    private Verdict After(Action what)
    {
        what();
        return Check();
    }

    private Verdict Check() => _history.Check(new Dictionary<int, long> { [1] = 2 }, 0);
}
