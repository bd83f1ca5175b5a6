using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Storage;
using Xunit;

namespace Broker.Core.Tests.Publishing;

public sealed class AckQueueTests
{
    private readonly FakeStore _store = new();

    [Fact]
    public void What_has_nothing_to_wait_for_passes()
    {
        var queue = new AckQueue(_store);
        _store.Committed = 3;

        Assert.True(queue.TryPass(Ack(1, 0)));
        Assert.True(queue.TryPass(Ack(2, 3)));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Everything_stays_in_order_behind_what_waits()
    {
        var queue = new AckQueue(_store);
        Assert.False(queue.TryPass(Ack(1, 1)));
        Assert.False(queue.TryPass(Ack(2, 0)));
        Assert.False(queue.TryPass(Ack(3, 2)));
        Assert.False(queue.TryTake(out _));

        _store.Committed = 1;

        Assert.Equal([1, 2], Take(queue));
        _store.Committed = 2;
        Assert.Equal([3], Take(queue));
        Assert.True(queue.TryPass(Ack(4, 0)));
    }

    [Fact]
    public void It_counts_those_that_no_exchange_stands_for()
    {
        var queue = new AckQueue(_store);
        queue.TryPass(Ack(1, 9));
        queue.TryPass(new PendingAck(PacketType.PubRec, 2, ReasonCode.Success, 9));
        queue.TryPass(new PendingAck(PacketType.PubRec, 3, ReasonCode.QuotaExceeded, 0));

        Assert.Equal((3, 2), (queue.Count, queue.CountBesideExchanges));
        _store.Committed = 9;
        Take(queue);
        Assert.Equal((0, 0), (queue.Count, queue.CountBesideExchanges));
    }

    private static PendingAck Ack(ushort id, long commit) => new(PacketType.PubAck, id, ReasonCode.Success, commit);

    private static int[] Take(AckQueue queue)
    {
        List<int> ids = [];
        while (queue.TryTake(out PendingAck ack)) ids.Add(ack.PacketId);
        return [.. ids];
    }

    private sealed class FakeStore : IBrokerStore
    {
        public long Committed { get; set; }

        public bool IsDurable => true;

        public bool IsFull => false;

        public bool IsBehind => false;

        public bool HasRoomFor(long bytes) => true;

        public StoreFigures Figures => default;

        public long Gathering => Committed + 1;

        public long AppendedBytes => 0;

        public void BeginGroup() => throw new NotSupportedException();

        public long EndGroup() => throw new NotSupportedException();

        public long Append(ReadOnlySpan<byte> records, AckLevel level) => throw new NotSupportedException();

        public bool IsCommitted(long commit) => commit <= Committed;

        public void WhenCommitted(long commit, ICommitWaiter waiter) => throw new NotSupportedException();

        public void Read(Action<long, ReadOnlyMemory<byte>> commit) => throw new NotSupportedException();

        public void Trim(long commit) => throw new NotSupportedException();
    }
}
