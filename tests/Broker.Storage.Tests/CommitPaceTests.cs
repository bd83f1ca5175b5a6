using Microsoft.Extensions.Time.Testing;

namespace Broker.Storage.Tests;

public sealed class CommitPaceTests
{
    private static readonly TimeSpan _sync = TimeSpan.FromMilliseconds(4);

    private readonly FakeTimeProvider _time = new();
    private readonly CommitPace _pace;

    public CommitPaceTests()
    {
        _pace = new CommitPace(_time);
    }

    [Fact]
    public void One_alone_never_waits()
    {
        for (int i = 0; i < 10; i++)
        {
            _pace.Ask();
            Assert.Equal(TimeSpan.Zero, _pace.Left);
            _pace.Close();
            _pace.Complete(_sync);
        }
    }

    [Fact]
    public void It_waits_for_nine_in_ten_of_those_that_were_on_their_way()
    {
        Ask(30);
        _pace.Close();
        Ask(20);
        _pace.Complete(_sync);

        Ask(24);
        Assert.False(_pace.IsComplete);
        _pace.Ask();
        Assert.True(_pace.IsComplete);
        Assert.Equal(TimeSpan.Zero, _pace.Left);
    }

    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(4, 4)]
    [InlineData(50, 10)]
    public void It_waits_as_long_as_a_sync_takes_but_between_1_and_10_milliseconds(double sync, double most)
    {
        for (int i = 0; i < 100; i++) Round(10, 10, TimeSpan.FromMilliseconds(sync));

        Assert.Equal(most, _pace.Left.TotalMilliseconds, tolerance: 0.01);
        _time.Advance(TimeSpan.FromMilliseconds(most) + TimeSpan.FromMicroseconds(20));
        Assert.True(_pace.Left <= TimeSpan.Zero);
    }

    [Fact]
    public void A_commit_that_nobody_is_expected_for_is_closed_at_once()
    {
        Round(50, 50, _sync);
        _time.Advance(TimeSpan.FromSeconds(1)); // they had their acknowledgements long ago

        _pace.Ask();

        Assert.True(_pace.Left <= TimeSpan.Zero);
    }

    [Fact]
    public void It_stops_trying_where_they_do_not_come_back()
    {
        int waited = Enumerable.Range(0, 1_000).Count(_ => Round(10, 5, _sync));

        Assert.InRange(waited, 5, 30);
    }

    [Fact]
    public void It_tries_again_where_they_come_back_once_more()
    {
        for (int i = 0; i < 1_000; i++) Round(10, 5, _sync);

        int waited = Enumerable.Range(0, 1_000).Count(_ => Round(10, 10, _sync));

        Assert.InRange(waited, 900, 1_000);
    }

    /// <summary>A commit that so many are in at once, and so many in all when it has to be closed; says whether it waited.</summary>
    private bool Round(int all, int come, TimeSpan sync)
    {
        _pace.Ask();
        bool waits = _pace.Left > TimeSpan.Zero;
        if (waits) _pace.Wait();
        Ask(come - 1);
        _pace.Close();
        Ask(all - come);
        _pace.Complete(sync);
        return waits;
    }

    private void Ask(int count)
    {
        for (int i = 0; i < count; i++) _pace.Ask();
    }
}
