using System.Text.Unicode;

namespace Broker.Core.Protocol;

/// <summary>A PUBLISH from a client: a view into the receive buffer that lives as long as the frame.</summary>
/// <remarks>
/// Topic name, packet identifier (QoS 1 and 2), properties (MQTT 5), payload. Read in one pass, without allocation.
/// </remarks>
public ref struct PublishPacket
{
    private const int DupFlag = 0b1000;
    private const int RetainFlag = 0b0001;

    private int _forwardedLength;

    /// <summary>The client has sent this packet before.</summary>
    public bool Dup { get; private init; }

    /// <summary>The message is to be kept for future subscribers.</summary>
    public bool Retain { get; private init; }

    /// <summary>How hard to try to deliver it.</summary>
    public QualityOfService Qos { get; private init; }

    /// <summary>The topic name, valid UTF-8 without wildcards; empty only in MQTT 5 where <see cref="TopicAlias"/> stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>The packet identifier, 1 to 65,535; 0 at QoS 0, which has none.</summary>
    public ushort PacketId { get; private set; }

    /// <summary>Seconds that the message is worth delivering; null: for ever.</summary>
    public uint? MessageExpiryInterval { get; private set; }

    /// <summary>The topic alias, never 0; whether it is within the maximum is for the caller to check.</summary>
    public ushort? TopicAlias { get; private set; }

    /// <summary>The publisher says that the payload is UTF-8 (not checked here).</summary>
    public bool PayloadIsUtf8 { get; private set; }

    /// <summary>All properties as they were sent, without the length of them all; checked.</summary>
    public ReadOnlySpan<byte> Properties { get; private set; }

    /// <summary>Where an answer is to be published, a valid topic name; empty if there is none.</summary>
    public ReadOnlySpan<byte> ResponseTopic { get; private set; }

    /// <summary>The message itself.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>The properties that travel on to subscribers.</summary>
    public readonly ForwardedProperties Forwarded => new(Properties, _forwardedLength);

    /// <summary>Whether every property travels on, so that <see cref="Properties"/> can be copied as it is.</summary>
    public readonly bool ForwardsWholeBlock => _forwardedLength == Properties.Length;

    /// <summary>Bytes of the properties that travel on.</summary>
    public readonly int ForwardedPropertiesLength => _forwardedLength;

    /// <summary>Copies the properties that travel on, in their order.</summary>
    /// <param name="destination">Room for <see cref="ForwardedPropertiesLength"/> bytes.</param>
    public readonly void CopyForwardedProperties(Span<byte> destination) => Forwarded.CopyTo(destination);

    /// <summary>Reads and checks a PUBLISH that a client sent.</summary>
    /// <param name="frame">A frame of type PUBLISH.</param>
    /// <param name="version">What the connection speaks.</param>
    /// <param name="maxUserProperties">How many user properties it may have.</param>
    /// <exception cref="ProtocolViolationException">
    /// 0x81 malformed, 0x82 protocol error, 0x90 wildcard in the topic name, 0x94 topic alias 0, 0x97 too many user properties.
    /// </exception>
    public static PublishPacket Read(in Frame frame, ProtocolVersion version, int maxUserProperties)
    {
        int flags = frame.Flags;
        int qos = (flags >> 1) & 0b11;
        if (qos == 3) ProtocolViolationException.Malformed("QoS 3 does not exist."); // [MQTT-3.3.1-4]
        if (qos == 0 && (flags & DupFlag) != 0) DupWithoutAcknowledgement(version);

        var reader = new PacketReader(frame.Body);
        var packet = new PublishPacket
        {
            Dup = (flags & DupFlag) != 0,
            Retain = (flags & RetainFlag) != 0,
            Qos = (QualityOfService)qos,
            Topic = ReadTopic(ref reader),
        };

        if (qos > 0)
        {
            packet.PacketId = reader.ReadUInt16(); // [MQTT-2.2.1-2]
            if (packet.PacketId == 0) ProtocolViolationException.Protocol("A packet identifier is 0."); // [MQTT-2.2.1-3]
        }

        if (version == ProtocolVersion.V5)
        {
            packet.Properties = reader.ReadPropertyBlock();
            if (!packet.Properties.IsEmpty) packet.ReadProperties(maxUserProperties);
        }

        if (packet.Topic.IsEmpty && packet.TopicAlias is null)
        {
            ProtocolViolationException.Protocol("A PUBLISH has neither topic name nor topic alias."); // [MQTT-4.7.3-1]
        }

        packet.Payload = reader.Rest();
        return packet;
    }

    private static ReadOnlySpan<byte> ReadTopic(scoped ref PacketReader reader)
    {
        ReadOnlySpan<byte> topic = reader.ReadBinary();
        if (!Utf8.IsValid(topic)) PacketReader.NotUtf8(); // [MQTT-3.3.2-1]
        int forbidden = topic.IndexOfAny((byte)0, (byte)'+', (byte)'#');
        if (forbidden >= 0) ForbiddenInTopic(topic);
        return topic;
    }

    private void ReadProperties(int maxUserProperties)
    {
        var reader = new PropertyReader(Properties, PropertyPlace.Publish);
        int userProperties = 0;
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out int length))
        {
            if (ForwardedProperties.TravelsOn(id)) _forwardedLength += length;
            switch (id)
            {
                case PropertyId.UserProperty:
                    if (++userProperties > maxUserProperties) TooManyUserProperties();
                    break;
                case PropertyId.PayloadFormatIndicator:
                    PayloadIsUtf8 = value[0] == 1;
                    break;
                case PropertyId.MessageExpiryInterval:
                    MessageExpiryInterval = PropertyReader.UInt32(value);
                    break;
                case PropertyId.TopicAlias:
                    TopicAlias = PropertyReader.UInt16(value);
                    if (TopicAlias == 0)
                    {
                        ProtocolViolationException.Throw(ReasonCode.TopicAliasInvalid, "A topic alias is 0."); // [MQTT-3.3.2-8]
                    }

                    break;
                case PropertyId.ResponseTopic:
                    CheckResponseTopic(value);
                    ResponseTopic = value;
                    break;
                case PropertyId.SubscriptionIdentifier:
                    ProtocolViolationException.Protocol("A client's PUBLISH has a subscription identifier."); // [MQTT-3.3.4-6]
                    break;
            }
        }
    }

    /// <summary>A response topic becomes a topic name, so it obeys the rules of one.</summary>
    internal static void CheckResponseTopic(ReadOnlySpan<byte> topic)
    {
        if (topic.IsEmpty) ProtocolViolationException.Protocol("A response topic is empty."); // [MQTT-4.7.3-1]
        if (topic.IndexOfAny((byte)'+', (byte)'#') >= 0)
        {
            ProtocolViolationException.Protocol("A response topic has a wildcard."); // [MQTT-3.3.2-14]
        }
    }

    private static void ForbiddenInTopic(ReadOnlySpan<byte> topic)
    {
        if (topic.Contains((byte)0)) ProtocolViolationException.Malformed("A topic name contains U+0000."); // [MQTT-1.5.4-2]
        ProtocolViolationException.Throw(ReasonCode.TopicNameInvalid, "A topic name has a wildcard."); // [MQTT-3.3.2-2]
    }

    private static void DupWithoutAcknowledgement(ProtocolVersion version) =>
        ProtocolViolationException.Throw(
            version == ProtocolVersion.V5 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket,
            "A PUBLISH with QoS 0 has DUP set."); // [MQTT-3.3.1-2]

    private static void TooManyUserProperties() =>
        ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, "The packet has too many user properties.");
}
