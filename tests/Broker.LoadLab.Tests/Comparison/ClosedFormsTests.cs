using Broker.LoadTests.Comparison;

namespace Broker.LoadLab.Tests.Comparison;

public sealed class ClosedFormsTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    public void They_agree_with_simulated_polls_of_random_changes(double changesPerPoll)
    {
        const int Polls = 200_000;
        var random = new Random(11);
        int useless = 0;
        long changes = 0;
        double next = -Math.Log(1 - random.NextDouble());
        for (int poll = 1; poll <= Polls; poll++)
        {
            int found = 0;
            for (; next < poll * changesPerPoll; next += -Math.Log(1 - random.NextDouble())) found++;
            if (found == 0) useless++;
            changes += found;
        }

        double superseded = 1 - (double)(Polls - useless) / changes;

        Assert.Equal(ClosedForms.UselessShare(changesPerPoll), (double)useless / Polls, 0.006);
        Assert.Equal(ClosedForms.SupersededShare(changesPerPoll), superseded, 0.01);
    }

    [Fact]
    public void Nothing_is_superseded_where_nothing_changes() => Assert.Equal(0, ClosedForms.SupersededShare(0), 1e-9);

    [Fact]
    public void Push_and_poll_move_the_same_at_the_break_even()
    {
        double rate = ClosedForms.BreakEven(intervalSeconds: 2, request: 46, fresh: 237, unchanged: 94, message: 124);

        Assert.Equal(ClosedForms.PushBytes(rate, 124), ClosedForms.PollBytes(new Cell(rate, 2), 46, 237, 94), 0.01);
        Assert.InRange(rate * 2, 1.5, 2.4);
    }

    [Fact]
    public void A_push_that_costs_nothing_is_always_cheaper() =>
        Assert.Equal(double.PositiveInfinity, ClosedForms.BreakEven(1, 46, 237, 94, message: 0));
}
