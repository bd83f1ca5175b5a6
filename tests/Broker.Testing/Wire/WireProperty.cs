using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>One MQTT 5 property. Compared by value, also where it is bytes.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Value">
/// byte, ushort, uint (four bytes and variable byte integers), string, byte[], or (string Name, string Value) for a user property.
/// </param>
public sealed record WireProperty(PropertyId Id, object Value)
{
    public bool Equals(WireProperty? other) =>
        other is not null && Id == other.Id
        && (Value is byte[] mine && other.Value is byte[] theirs ? mine.AsSpan().SequenceEqual(theirs) : Value.Equals(other.Value));

    public override int GetHashCode() => (int)Id;

    public override string ToString() => $"{Id}={(Value is byte[] bytes ? Convert.ToHexString(bytes) : Value)}";
}
