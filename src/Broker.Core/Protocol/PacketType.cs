namespace Broker.Core.Protocol;

/// <summary>The MQTT control packet types, with the values that stand in the upper half of a packet's first byte.</summary>
public enum PacketType : byte
{
    /// <summary>Client to server: asks for a connection.</summary>
    Connect = 1,

    /// <summary>Server to client: answers CONNECT.</summary>
    ConnAck = 2,

    /// <summary>Both ways: an application message.</summary>
    Publish = 3,

    /// <summary>Both ways: answers a QoS 1 PUBLISH.</summary>
    PubAck = 4,

    /// <summary>Both ways: answers a QoS 2 PUBLISH, the message was received.</summary>
    PubRec = 5,

    /// <summary>Both ways: answers PUBREC, the identifier may be released.</summary>
    PubRel = 6,

    /// <summary>Both ways: answers PUBREL, the exchange is complete.</summary>
    PubComp = 7,

    /// <summary>Client to server: asks for messages.</summary>
    Subscribe = 8,

    /// <summary>Server to client: answers SUBSCRIBE.</summary>
    SubAck = 9,

    /// <summary>Client to server: wants no more of some messages.</summary>
    Unsubscribe = 10,

    /// <summary>Server to client: answers UNSUBSCRIBE.</summary>
    UnsubAck = 11,

    /// <summary>Client to server: are you there?</summary>
    PingReq = 12,

    /// <summary>Server to client: answers PINGREQ.</summary>
    PingResp = 13,

    /// <summary>Both ways (client to server only before MQTT 5): the connection ends now, on purpose.</summary>
    Disconnect = 14,

    /// <summary>Both ways, MQTT 5 only: one step of enhanced authentication.</summary>
    Auth = 15,
}
