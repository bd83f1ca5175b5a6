using Broker.Core.Storage;
using Xunit;

namespace Broker.Core.Tests.Storage;

/// <summary>Records that no broker wrote are refused with words, whatever is wrong in them; each of these was found by the fuzzer.</summary>
public sealed class RecordFaultTests
{
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void A_duration_that_nothing_has_does_not_overflow(long milliseconds)
    {
        byte[] records = Record(RecordKind.Session, w => w.Int64(1).Text("c").Text("user").Text("a").Int64(milliseconds).Int64(0).Int64(0).Int64(0).Int64(-1));

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new RecoveredState().Apply(9, records));

        Assert.Equal("Commit 9, record Session: A record in the store has a duration that nothing has", fault.Message);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_count_of_identifiers_that_are_not_there_takes_no_memory(int count)
    {
        byte[] session = Record(RecordKind.Session, w => w.Int64(1).Text("c").Text("user").Text("a").Int64(0).Int64(0).Int64(0).Int64(0).Int64(-1));
        byte[] queued = Record(RecordKind.Queued, w => w.Int64(1).Int64(2).Int64(3).Byte(1).Int32(0).Int32(count).Int32(7).Int32(8));
        var state = new RecoveredState();
        state.Apply(1, session);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<InvalidDataException>(() => state.Apply(2, queued));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 65_536);
    }

    private static byte[] Record(RecordKind kind, Action<RecordWriter> fields)
    {
        var writer = new RecordWriter();
        writer.Begin(kind);
        fields(writer);
        writer.End();
        return writer.Written.ToArray();
    }
}
