namespace Broker.Core.Limits;

/// <summary>The limits that hold at this moment. A reload puts others in their place; what a client was told at CONNECT holds for its connection.</summary>
/// <remarks>Threading: any thread; each reader sees either all of the old ones or all of the new ones.</remarks>
internal sealed class LimitsInForce(BrokerLimits limits)
{
    private volatile BrokerLimits _current = limits;

    /// <summary>The limits.</summary>
    public BrokerLimits Current
    {
        get => _current;
        set => _current = value;
    }
}
