namespace Broker.Core.Protocol;

/// <summary>The protocol versions that are spoken, with the level that a CONNECT names.</summary>
public enum ProtocolVersion : byte
{
    /// <summary>MQTT 3.1 ("MQIsdp", level 3).</summary>
    V31 = 3,

    /// <summary>MQTT 3.1.1 ("MQTT", level 4).</summary>
    V311 = 4,

    /// <summary>MQTT 5.0 ("MQTT", level 5).</summary>
    V5 = 5,
}
