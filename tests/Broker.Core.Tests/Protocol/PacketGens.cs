using System.Text;
using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;

namespace Broker.Core.Tests.Protocol;

/// <summary>Random valid packets of clients, as values and as bytes of the independent encoder.</summary>
internal static class PacketGens
{
    private static readonly string[] _letters =
        ["a", "B", "7", "/", "$", " ", "é", "€", "中", "😀", "\u0001", "\u007F", "\uFEFF", "\uFFFF", "sensor", "温度"];

    public static readonly Gen<ProtocolVersion> Version = Gen.OneOf(ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5);

    public static readonly Gen<QualityOfService> Qos =
        Gen.OneOf(QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce);

    /// <summary>Any string that MQTT allows, also empty.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(_letters).Array[0, 12].Select(string.Concat);

    public static readonly Gen<string> Topic = Gen.OneOf(_letters).Array[1, 12].Select(string.Concat);

    public static readonly Gen<string> Filter = Gen.OneOf([.. _letters, "+", "#"]).Array[1, 12].Select(string.Concat);

    public static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 300];

    public static readonly Gen<ushort> Id = Gen.UShort[1, ushort.MaxValue];

    private static readonly Gen<WireProperty> _user =
        Gen.Select(Text, Text, (name, value) => new WireProperty(PropertyId.UserProperty, (name, value)));

    private static readonly Gen<WireProperty>[] _message =
    [
        Gen.Byte[0, 1].Select(v => new WireProperty(PropertyId.PayloadFormatIndicator, v)),
        Gen.UInt.Select(v => new WireProperty(PropertyId.MessageExpiryInterval, v)),
        Text.Select(v => new WireProperty(PropertyId.ContentType, v)),
        Topic.Select(v => new WireProperty(PropertyId.ResponseTopic, v)),
        Bytes.Select(v => new WireProperty(PropertyId.CorrelationData, v)),
    ];

    public static readonly Gen<Properties> PublishProperties =
        PropertiesOf([.. _message, Gen.UShort[1, ushort.MaxValue].Select(v => new WireProperty(PropertyId.TopicAlias, v))]);

    public static readonly Gen<Properties> WillProperties =
        PropertiesOf([.. _message, Gen.UInt.Select(v => new WireProperty(PropertyId.WillDelayInterval, v))]);

    public static readonly Gen<Properties> ConnectProperties = PropertiesOf(
    [
        Gen.UInt.Select(v => new WireProperty(PropertyId.SessionExpiryInterval, v)),
        Gen.UShort[1, ushort.MaxValue].Select(v => new WireProperty(PropertyId.ReceiveMaximum, v)),
        Gen.UInt[1, uint.MaxValue].Select(v => new WireProperty(PropertyId.MaximumPacketSize, v)),
        Gen.UShort.Select(v => new WireProperty(PropertyId.TopicAliasMaximum, v)),
        Gen.Byte[0, 1].Select(v => new WireProperty(PropertyId.RequestResponseInformation, v)),
        Gen.Byte[0, 1].Select(v => new WireProperty(PropertyId.RequestProblemInformation, v)),
        Text.Select(v => new WireProperty(PropertyId.AuthenticationMethod, v)),
    ]);

    public static readonly Gen<Properties> SubscribeProperties =
        PropertiesOf([Gen.UInt[1, 268_435_455].Select(v => new WireProperty(PropertyId.SubscriptionIdentifier, v))]);

    public static readonly Gen<Properties> AckProperties = PropertiesOf([Text.Select(v => new WireProperty(PropertyId.ReasonString, v))]);

    public static readonly Gen<Properties> DisconnectProperties = PropertiesOf(
    [
        Text.Select(v => new WireProperty(PropertyId.ReasonString, v)),
        Gen.UInt.Select(v => new WireProperty(PropertyId.SessionExpiryInterval, v)),
    ]);

    public static readonly Gen<SubscribeFilter> SubscribeFilter = Gen.Select(
        Filter, Qos, Gen.Bool, Gen.Bool, Gen.OneOf(RetainHandling.Send, RetainHandling.SendIfNew, RetainHandling.DoNotSend),
        (filter, qos, noLocal, asPublished, handling) => new SubscribeFilter(filter, qos, noLocal, asPublished, handling));

    public static readonly Gen<ConnectOptions> Connect =
        from version in Version
        from clientId in Text
        from cleanStart in Gen.Bool
        from keepAlive in Gen.UShort
        from userName in Text.Null()
        from password in Bytes.Null()
        from will in Will.Null()
        from properties in ConnectProperties
        select new ConnectOptions
        {
            Version = version,
            ClientId = clientId,
            CleanStart = cleanStart,
            KeepAlive = keepAlive,
            UserName = userName,
            Password = version == ProtocolVersion.V5 || userName is not null ? password : null,
            Will = will,
            Properties = properties,
        };

    /// <summary>The bytes of any valid packet that a client of <see cref="ProtocolVersion.V5"/> can send, CONNECT in any version.</summary>
    public static readonly Gen<byte[]> Packet = Gen.OneOf(
        Connect.Select(ClientPackets.Connect),
        Gen.Select(Topic, Bytes, Qos, Id, Gen.Bool, PublishProperties, (topic, payload, qos, id, retain, properties) =>
            ClientPackets.Publish(ProtocolVersion.V5, topic, payload, qos, id, retain, properties: properties)),
        Gen.Select(Id, AckProperties, (id, properties) => ClientPackets.PubAck(ProtocolVersion.V5, id, ReasonCode.Success, properties)),
        Id.Select(id => ClientPackets.PubRec(ProtocolVersion.V5, id)),
        Id.Select(id => ClientPackets.PubRel(ProtocolVersion.V5, id, ReasonCode.PacketIdentifierNotFound)),
        Id.Select(id => ClientPackets.PubComp(ProtocolVersion.V5, id)),
        Gen.Select(Id, SubscribeProperties, SubscribeFilter.Array[1, 5], (id, properties, filters) =>
            ClientPackets.Subscribe(ProtocolVersion.V5, id, properties, filters)),
        Gen.Select(Id, Filter.Array[1, 5], (id, filters) => ClientPackets.Unsubscribe(ProtocolVersion.V5, id, filters)),
        Gen.Const(ClientPackets.PingReq()),
        DisconnectProperties.Select(properties =>
            ClientPackets.Disconnect(ProtocolVersion.V5, ReasonCode.DisconnectWithWillMessage, properties)),
        Gen.Select(Text, Bytes, (method, data) => ClientPackets.Auth(
            ReasonCode.ContinueAuthentication,
            new Properties().AuthenticationMethod(method).AuthenticationData(data))));

    private static Gen<WillOptions> Will =>
        from topic in Topic
        from payload in Bytes
        from qos in Qos
        from retain in Gen.Bool
        from properties in WillProperties
        select new WillOptions(topic, payload) { Qos = qos, Retain = retain, Properties = properties };

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Some of these properties, each at most once, in any order, with user properties among them.</summary>
    private static Gen<Properties> PropertiesOf(Gen<WireProperty>[] single) =>
        from some in Gen.ShuffleSelect(single, 0, single.Length)
        from users in _user.Array[0, 4]
        from order in Gen.Shuffle(some.Concat(users).ToArray())
        select order.Aggregate(new Properties(), (list, property) => list.Add(property));
}
