using Broker.Core.Sessions;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class ReceivedQos2Tests
{
    private readonly ReceivedQos2 _received = new();

    [Fact]
    public void An_identifier_is_new_until_it_ends()
    {
        Assert.Equal(ReceiveOutcome.New, _received.Begin(5, 10, out _));
        Assert.Equal(ReceiveOutcome.Duplicate, _received.Begin(5, 10, out _));
        Assert.True(_received.Contains(5));
        Assert.True(_received.End(5));
        Assert.False(_received.End(5));
        Assert.Equal(ReceiveOutcome.New, _received.Begin(5, 10, out _));
    }

    [Fact]
    public void The_maximum_counts_what_came_on_this_connection()
    {
        Assert.Equal(ReceiveOutcome.New, _received.Begin(1, 2, out _));
        Assert.Equal(ReceiveOutcome.New, _received.Begin(2, 2, out _));
        Assert.Equal(ReceiveOutcome.TooMany, _received.Begin(3, 2, out _));

        _received.BeginConnection();
        Assert.Equal(0, _received.Charged);
        Assert.Equal(ReceiveOutcome.New, _received.Begin(3, 2, out _));
        Assert.Equal(ReceiveOutcome.Duplicate, _received.Begin(1, 2, out _));
        Assert.Equal(ReceiveOutcome.TooMany, _received.Begin(2, 2, out _));
        Assert.True(_received.End(2));
        Assert.Equal(2, _received.Charged);
    }

    [Fact]
    public void A_duplicate_knows_the_commit_of_the_first()
    {
        _received.Begin(1, 2, out long commit);
        Assert.Equal(0, commit);
        _received.Note(1, 42);

        _received.Begin(1, 2, out commit);

        Assert.Equal(42, commit);
        _received.Note(9, 1);
        Assert.False(_received.Contains(9));
    }
}
