namespace Broker.Core.Limits;

/// <summary>Nothing is known of the load: the broker never counts as overloaded.</summary>
public sealed class NoLoad : ILoadMeter
{
    /// <inheritdoc/>
    public Load Read() => default;
}
