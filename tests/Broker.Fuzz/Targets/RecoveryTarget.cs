using Broker.Testing;

namespace Broker.Fuzz.Targets;

/// <summary>The same records, and a whole broker that starts from them: it refuses them, or is there and serves.</summary>
internal sealed class RecoveryTarget : FuzzTarget
{
    public override string Name => "recovery";

    public override int Share => 4;

    public override IEnumerable<byte[]> Seeds => SeedRecords.All;

    public override int MaxBytes => 2_048;

    public override long AllocationBound(int inputBytes) => 16_777_216 + (4_096L * inputBytes);

    public override bool IsRefusal(Exception exception) => exception is InvalidDataException;

    public override byte[] Repair(byte[] input, Random random) => SeedRecords.RepairLengths(input, random);

    public override object? Execute(byte[] input)
    {
        using var broker = new TestBroker(configure: parts => parts with { Store = new GivenStore(input) });
        TestClient client = broker.Connect("new");
        client.Subscribe("#");
        client.All();
        broker.Advance(TimeSpan.FromSeconds(2));
        return null;
    }
}
