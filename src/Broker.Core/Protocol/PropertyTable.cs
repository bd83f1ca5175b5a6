namespace Broker.Core.Protocol;

/// <summary>Which property is encoded how, and may stand where (MQTT 5, table 2-4). Only what clients send is listed by place.</summary>
internal static class PropertyTable
{
    private const uint Connect = 1u << (int)PropertyPlace.Connect;
    private const uint Publish = 1u << (int)PropertyPlace.Publish;
    private const uint Subscribe = 1u << (int)PropertyPlace.Subscribe;
    private const uint Disconnect = 1u << (int)PropertyPlace.Disconnect;
    private const uint Auth = 1u << (int)PropertyPlace.Auth;
    private const uint Will = 1u << (int)PropertyPlace.Will;

    private const uint Acks = (1u << (int)PropertyPlace.PubAck) | (1u << (int)PropertyPlace.PubRec)
        | (1u << (int)PropertyPlace.PubRel) | (1u << (int)PropertyPlace.PubComp);

    private static ReadOnlySpan<byte> Kinds =>
    [
        (byte)PropertyKind.None,
        (byte)PropertyKind.Flag, // 1 Payload Format Indicator
        (byte)PropertyKind.UInt32, // 2 Message Expiry Interval
        (byte)PropertyKind.Utf8, // 3 Content Type
        (byte)PropertyKind.None, (byte)PropertyKind.None, (byte)PropertyKind.None, (byte)PropertyKind.None,
        (byte)PropertyKind.Utf8, // 8 Response Topic
        (byte)PropertyKind.Binary, // 9 Correlation Data
        (byte)PropertyKind.None,
        (byte)PropertyKind.VariableByteInteger, // 11 Subscription Identifier
        (byte)PropertyKind.None, (byte)PropertyKind.None, (byte)PropertyKind.None, (byte)PropertyKind.None, (byte)PropertyKind.None,
        (byte)PropertyKind.UInt32, // 17 Session Expiry Interval
        (byte)PropertyKind.Utf8, // 18 Assigned Client Identifier
        (byte)PropertyKind.UInt16, // 19 Server Keep Alive
        (byte)PropertyKind.None,
        (byte)PropertyKind.Utf8, // 21 Authentication Method
        (byte)PropertyKind.Binary, // 22 Authentication Data
        (byte)PropertyKind.Flag, // 23 Request Problem Information
        (byte)PropertyKind.UInt32, // 24 Will Delay Interval
        (byte)PropertyKind.Flag, // 25 Request Response Information
        (byte)PropertyKind.Utf8, // 26 Response Information
        (byte)PropertyKind.None,
        (byte)PropertyKind.Utf8, // 28 Server Reference
        (byte)PropertyKind.None, (byte)PropertyKind.None,
        (byte)PropertyKind.Utf8, // 31 Reason String
        (byte)PropertyKind.None,
        (byte)PropertyKind.UInt16, // 33 Receive Maximum
        (byte)PropertyKind.UInt16, // 34 Topic Alias Maximum
        (byte)PropertyKind.UInt16, // 35 Topic Alias
        (byte)PropertyKind.Flag, // 36 Maximum QoS
        (byte)PropertyKind.Flag, // 37 Retain Available
        (byte)PropertyKind.Utf8Pair, // 38 User Property
        (byte)PropertyKind.UInt32, // 39 Maximum Packet Size
        (byte)PropertyKind.Flag, // 40 Wildcard Subscription Available
        (byte)PropertyKind.Flag, // 41 Subscription Identifier Available
        (byte)PropertyKind.Flag, // 42 Shared Subscription Available
    ];

    /// <summary>How the value of <paramref name="id"/> is encoded; None where no such property exists.</summary>
    public static PropertyKind KindOf(PropertyId id) => (int)id < Kinds.Length ? (PropertyKind)Kinds[(int)id] : PropertyKind.None;

    /// <summary>Whether a client may send <paramref name="id"/> at <paramref name="place"/>.</summary>
    public static bool IsAllowed(PropertyId id, PropertyPlace place) => (PlacesOf(id) & (1u << (int)place)) != 0;

    /// <summary>Whether a client may send <paramref name="id"/> more than once in one block.</summary>
    public static bool MayRepeat(PropertyId id) => id == PropertyId.UserProperty;

    private static uint PlacesOf(PropertyId id) => id switch
    {
        PropertyId.UserProperty => uint.MaxValue,
        PropertyId.PayloadFormatIndicator or PropertyId.MessageExpiryInterval or PropertyId.ContentType
            or PropertyId.ResponseTopic or PropertyId.CorrelationData => Publish | Will,
        PropertyId.TopicAlias => Publish,
        PropertyId.SubscriptionIdentifier => Publish | Subscribe,
        PropertyId.ReasonString => Acks | Disconnect | Auth,
        PropertyId.SessionExpiryInterval => Connect | Disconnect,
        PropertyId.ServerReference => Disconnect,
        PropertyId.AuthenticationMethod or PropertyId.AuthenticationData => Connect | Auth,
        PropertyId.WillDelayInterval => Will,
        PropertyId.RequestProblemInformation or PropertyId.RequestResponseInformation or PropertyId.ReceiveMaximum
            or PropertyId.TopicAliasMaximum or PropertyId.MaximumPacketSize => Connect,
        _ => 0,
    };
}
