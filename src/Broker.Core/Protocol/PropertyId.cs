namespace Broker.Core.Protocol;

/// <summary>The MQTT 5 property identifiers (table 2-4).</summary>
public enum PropertyId : byte
{
    /// <summary>Byte, 0 or 1: whether the payload is UTF-8. PUBLISH, will.</summary>
    PayloadFormatIndicator = 1,

    /// <summary>Four bytes, seconds: how long the message is worth delivering. PUBLISH, will.</summary>
    MessageExpiryInterval = 2,

    /// <summary>UTF-8 string: what the payload is. PUBLISH, will.</summary>
    ContentType = 3,

    /// <summary>UTF-8 string: where the answer is to be published. PUBLISH, will.</summary>
    ResponseTopic = 8,

    /// <summary>Binary: which request an answer belongs to. PUBLISH, will.</summary>
    CorrelationData = 9,

    /// <summary>Variable byte integer, not 0: names a subscription. PUBLISH, SUBSCRIBE.</summary>
    SubscriptionIdentifier = 11,

    /// <summary>Four bytes, seconds: how long the session outlives its connection. CONNECT, CONNACK, DISCONNECT.</summary>
    SessionExpiryInterval = 17,

    /// <summary>UTF-8 string: the identifier that the server chose. CONNACK.</summary>
    AssignedClientIdentifier = 18,

    /// <summary>Two bytes, seconds: the keep alive to use instead. CONNACK.</summary>
    ServerKeepAlive = 19,

    /// <summary>UTF-8 string: the method of enhanced authentication. CONNECT, CONNACK, AUTH.</summary>
    AuthenticationMethod = 21,

    /// <summary>Binary: what the method wants to say. CONNECT, CONNACK, AUTH.</summary>
    AuthenticationData = 22,

    /// <summary>Byte, 0 or 1: whether reason strings and user properties are welcome. CONNECT.</summary>
    RequestProblemInformation = 23,

    /// <summary>Four bytes, seconds: how long to wait before the will is published. Will.</summary>
    WillDelayInterval = 24,

    /// <summary>Byte, 0 or 1: whether Response Information is wanted. CONNECT.</summary>
    RequestResponseInformation = 25,

    /// <summary>UTF-8 string: a base for response topics. CONNACK.</summary>
    ResponseInformation = 26,

    /// <summary>UTF-8 string: another server to use. CONNACK, DISCONNECT.</summary>
    ServerReference = 28,

    /// <summary>UTF-8 string: the reason, for people. Every acknowledgement, DISCONNECT, AUTH.</summary>
    ReasonString = 31,

    /// <summary>Two bytes, not 0: how many QoS 1 and 2 publications may be unacknowledged. CONNECT, CONNACK.</summary>
    ReceiveMaximum = 33,

    /// <summary>Two bytes: the highest topic alias. CONNECT, CONNACK.</summary>
    TopicAliasMaximum = 34,

    /// <summary>Two bytes, not 0: a number in place of the topic name. PUBLISH.</summary>
    TopicAlias = 35,

    /// <summary>Byte, 0 or 1: the highest QoS that the server takes, where it is not 2. CONNACK.</summary>
    MaximumQos = 36,

    /// <summary>Byte, 0 or 1: whether messages can be retained. CONNACK.</summary>
    RetainAvailable = 37,

    /// <summary>Two UTF-8 strings, as often as wanted. Every packet that has properties, will.</summary>
    UserProperty = 38,

    /// <summary>Four bytes, not 0: the largest packet to send. CONNECT, CONNACK.</summary>
    MaximumPacketSize = 39,

    /// <summary>Byte, 0 or 1: whether filters may have wildcards. CONNACK.</summary>
    WildcardSubscriptionAvailable = 40,

    /// <summary>Byte, 0 or 1: whether subscriptions may have identifiers. CONNACK.</summary>
    SubscriptionIdentifierAvailable = 41,

    /// <summary>Byte, 0 or 1: whether subscriptions may be shared. CONNACK.</summary>
    SharedSubscriptionAvailable = 42,
}
