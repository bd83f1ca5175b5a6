namespace Broker.Client.Subscribing;

/// <summary>What the broker is owed for one QoS 1 or 2 message: an acknowledgement once every subscription that got it has dealt with it.</summary>
internal sealed class Receipt(Inbox inbox, ushort packetId, QualityOfService qos)
{
    private int _holders = 1;

    public ushort PacketId => packetId;

    public QualityOfService Qos => qos;

    // guarded by the inbox
    public bool IsDone { get; set; }

    public bool AwaitsRedelivery { get; set; }

    public bool IsVoid { get; set; }

    /// <summary>One more subscription got it.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>One holder is done; the reader holds it while it hands it out.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) inbox.Done(this);
    }
}
