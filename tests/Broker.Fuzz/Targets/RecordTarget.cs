using Broker.Core.Storage;

namespace Broker.Fuzz.Targets;

/// <summary>What a store hands back at the start: records as they lie on disk, behind a checksum that a fault of the program itself would get past.</summary>
internal sealed class RecordTarget : FuzzTarget
{
    public override string Name => "records";

    public override int Share => 60;

    public override IEnumerable<byte[]> Seeds => SeedRecords.All;

    public override long AllocationBound(int inputBytes) => 65_536 + (512L * inputBytes);

    public override bool IsRefusal(Exception exception) => exception is InvalidDataException;

    public override byte[] Repair(byte[] input, Random random) => SeedRecords.RepairLengths(input, random);

    public override object? Execute(byte[] input)
    {
        var state = new RecoveredState();
        state.Apply(1, input);
        foreach (ReadOnlyMemory<byte> message in state.Messages.Values) state.Read(message);
        return state;
    }
}
