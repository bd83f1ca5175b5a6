using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Fuzz.Targets;

/// <summary>A byte for the packet that the properties are in, then the block; held against the decoder of the tests.</summary>
internal sealed class PropertyTarget : FuzzTarget
{
    private static readonly PropertyPlace[] _places = Enum.GetValues<PropertyPlace>();

    public override string Name => "properties";

    public override int Share => 200;

    public override IEnumerable<byte[]> Seeds => _places.SelectMany(place => Blocks().Select(block => (byte[])[(byte)place, .. block]));

    public override IReadOnlyList<byte[]> Words => SeedPackets.Words;

    public override long AllocationBound(int inputBytes) => 16_384;

    public override bool IsRefusal(Exception exception) => exception is ProtocolViolationException;

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        var reader = new PropertyReader(input.AsSpan(1), _places[input[0] % _places.Length]);
        int count = 0;
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id == PropertyId.UserProperty) PropertyReader.SplitUserProperty(value, out _, out _);
            count++;
        }

        return count;
    }

    public override void Check(byte[] input, object? outcome)
    {
        if (outcome is not int count) return;
        Properties others = Properties.Parse(input.AsSpan(1));
        if (others.Count != count) throw new InvalidOperationException($"{count} properties were read, the other decoder reads {others.Count}");
        var reader = new PropertyReader(others.ToBlock());
        int again = 0;
        while (reader.TryReadNext(out PropertyId id, out _, out _, out _))
        {
            if (others[again].Id != id) throw new InvalidOperationException($"{id} is read where {others[again].Id} was written");
            again++;
        }

        if (again != count) throw new InvalidOperationException($"{again} properties are read after {count} were written");
    }

    private static IEnumerable<byte[]> Blocks() =>
    [
        [],
        new Properties().SessionExpiryInterval(60).ReceiveMaximum(5).TopicAliasMaximum(3).MaximumPacketSize(500).RequestProblemInformation(0).ToBlock(),
        new Properties().PayloadFormatIndicator(1).MessageExpiryInterval(9).TopicAlias(1).ResponseTopic("r").CorrelationData([1]).ContentType("t").ToBlock(),
        new Properties().SubscriptionIdentifier(268_435_455).User("k", "v").User("", "").ToBlock(),
        new Properties().Reason("why").AuthenticationMethod("m").AuthenticationData([1]).WillDelayInterval(1).ToBlock(),
    ];
}
