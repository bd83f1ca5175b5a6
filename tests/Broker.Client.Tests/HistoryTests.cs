using Broker.Client.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>The judge of the fault tests sees what it is to see.</summary>
public sealed class HistoryTests
{
    [Fact]
    public void What_was_acknowledged_and_never_came_is_lost()
    {
        History.Verdict verdict = Judge(acknowledged: [0, 1, 2], arrived: [0, 2]);

        Assert.Equal([1], verdict.Lost);
        Assert.Equal([], verdict.Doubled);
        Assert.Equal([], verdict.Disordered);
    }

    [Fact]
    public void What_came_again_is_doubled_and_not_out_of_order()
    {
        History.Verdict verdict = Judge(acknowledged: [0, 1, 2], arrived: [0, 1, 2, 1]);

        Assert.Equal([], verdict.Lost);
        Assert.Equal([1], verdict.Doubled);
        Assert.Equal([], verdict.Disordered);
    }

    [Fact]
    public void What_came_first_after_a_later_one_is_out_of_order() =>
        Assert.Equal([1], Judge(acknowledged: [0, 1, 2], arrived: [0, 2, 1]).Disordered);

    [Fact]
    public void What_came_without_being_acknowledged_is_sound()
    {
        History.Verdict verdict = Judge(acknowledged: [0], arrived: [0, 1]);

        Assert.Equal([], verdict.Lost);
        Assert.Equal([], verdict.Doubled);
        Assert.Equal([], verdict.Disordered);
    }

    private static History.Verdict Judge(int[] acknowledged, int[] arrived)
    {
        var history = new History();
        foreach (int number in acknowledged) history.Acknowledge(number);
        foreach (int number in arrived) history.Arrive(number);
        return history.Judge();
    }
}
