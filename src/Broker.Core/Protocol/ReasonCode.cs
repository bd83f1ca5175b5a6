using System.Diagnostics.CodeAnalysis;

namespace Broker.Core.Protocol;

/// <summary>The reason codes of MQTT 5 (table 2-6). Values from 0x80 say that something failed.</summary>
[SuppressMessage("Design", "CA1069:Enums values should not be duplicated", Justification = "The specification gives 0x00 three names.")]
public enum ReasonCode : byte
{
    /// <summary>0x00: it worked.</summary>
    Success = 0x00,

    /// <summary>0x00 in DISCONNECT: close normally, do not send the will.</summary>
    NormalDisconnection = 0x00,

    /// <summary>0x00 in SUBACK: subscribed, with QoS 0 at most.</summary>
    GrantedQos0 = 0x00,

    /// <summary>0x01 in SUBACK: subscribed, with QoS 1 at most.</summary>
    GrantedQos1 = 0x01,

    /// <summary>0x02 in SUBACK: subscribed, with any QoS.</summary>
    GrantedQos2 = 0x02,

    /// <summary>0x04 in DISCONNECT: the client leaves, and its will is to be sent.</summary>
    DisconnectWithWillMessage = 0x04,

    /// <summary>0x10 in PUBACK and PUBREC: accepted, but nobody subscribes to the topic.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>0x11 in UNSUBACK: there was no such subscription.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>0x18 in AUTH: go on with the next step.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>0x19 in AUTH: authenticate anew on a live connection.</summary>
    ReAuthenticate = 0x19,

    /// <summary>0x80: failed, and the reason is not told or has no code.</summary>
    UnspecifiedError = 0x80,

    /// <summary>0x81: the packet cannot be parsed.</summary>
    MalformedPacket = 0x81,

    /// <summary>0x82: the packet can be parsed, but the protocol does not allow what it says, or not now.</summary>
    ProtocolError = 0x82,

    /// <summary>0x83: valid, but this receiver does not take it.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>0x84 in CONNACK: the protocol version is not spoken here.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>0x85 in CONNACK: the client identifier is not allowed.</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>0x86 in CONNACK: user name or password are not accepted.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>0x87: the client may not do this.</summary>
    NotAuthorized = 0x87,

    /// <summary>0x88 in CONNACK: the server is not available.</summary>
    ServerUnavailable = 0x88,

    /// <summary>0x89: the server is busy, try again later.</summary>
    ServerBusy = 0x89,

    /// <summary>0x8A in CONNACK: the client has been banned.</summary>
    Banned = 0x8A,

    /// <summary>0x8B in DISCONNECT: the server is going down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>0x8C: the authentication method is not supported, or not the one in use.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>0x8D in DISCONNECT: nothing came for one and a half times the keep alive.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>0x8E in DISCONNECT: another connection uses the same client identifier now.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>0x8F: the topic filter is well-formed but not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>0x90: the topic name is well-formed but not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>0x91: the packet identifier is already in use.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>0x92: the packet identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>0x93 in DISCONNECT: more unacknowledged publications than Receive Maximum allows.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>0x94 in DISCONNECT: the topic alias is 0 or greater than the maximum.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>0x95: the packet is larger than Maximum Packet Size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>0x96 in DISCONNECT: too much data in too little time.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>0x97: a limit of the implementation or of an administrator was passed.</summary>
    QuotaExceeded = 0x97,

    /// <summary>0x98 in DISCONNECT: closed by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>0x99: the payload is not in the format that its indicator says.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>0x9A: retained messages are not supported.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>0x9B: the QoS is greater than Maximum QoS.</summary>
    QosNotSupported = 0x9B,

    /// <summary>0x9C: use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>0x9D: use another server from now on.</summary>
    ServerMoved = 0x9D,

    /// <summary>0x9E: shared subscriptions are not supported.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>0x9F: too many connections in too little time.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>0xA0 in DISCONNECT: the connection has lasted as long as it may.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>0xA1: subscription identifiers are not supported.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>0xA2: wildcard subscriptions are not supported.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
