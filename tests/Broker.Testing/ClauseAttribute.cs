namespace Broker.Testing;

/// <summary>The normative statement that a test shows: <c>MQTT-3.1.2-24</c> of MQTT 5.0, or with <c>V311:</c> in front of 3.1.1.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class ClauseAttribute(string id) : Attribute
{
    public string Id { get; } = id;
}
