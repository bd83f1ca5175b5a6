using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;

namespace Broker.Core.Storage;

/// <summary>A subscription of an earlier run.</summary>
/// <param name="Options">Its options.</param>
/// <param name="Identifier">Its Subscription Identifier; 0 for none.</param>
/// <param name="Changes">What counts as a change, for a change-only subscription; null otherwise.</param>
internal sealed record RecoveredSubscription(SubscriptionOptions Options, int Identifier, ChangeOptions? Changes)
{
    /// <summary>Reads the fields after the filter.</summary>
    public static RecoveredSubscription Read(ref RecordReader reader)
    {
        byte bits = reader.Byte();
        var options = new SubscriptionOptions((QualityOfService)(bits & 3), (bits & 4) != 0, (bits & 8) != 0, (RetainHandling)((bits >> 4) & 3));
        int identifier = reader.Int32();
        return new RecoveredSubscription(options, identifier, reader.Byte() == 0 ? null : ReadChanges(ref reader));
    }

    private static ChangeOptions ReadChanges(ref RecordReader reader)
    {
        byte flags = reader.Byte();
        double width = BitConverter.Int64BitsToDouble(reader.Int64());
        TimeSpan interval = reader.Duration();
        TimeSpan silence = reader.Duration();
        List<JsonPointer> pointers = [];
        for (int left = reader.Count(sizeof(int)); left > 0; left--)
        {
            if (JsonPointer.TryParse(reader.Text(), out JsonPointer pointer)) pointers.Add(pointer);
        }

        return new ChangeOptions
        {
            Deadband = (flags & 1) != 0 ? new Deadband(width, (flags & 2) != 0) : null,
            Pointers = pointers,
            MinInterval = interval,
            MaxSilence = silence,
        };
    }
}
