namespace Broker.Core.Protocol;

/// <summary>A CONNECT: a view into the receive buffer that lives as long as the frame.</summary>
/// <remarks>
/// Protocol name, level, flags, keep alive, properties (MQTT 5); then client identifier, will properties (MQTT 5), will topic,
/// will payload, user name, password, each but the first only where its flag is set.
/// </remarks>
public ref struct ConnectPacket
{
    private const int ReservedFlag = 0x01;
    private const int CleanStartFlag = 0x02;
    private const int WillFlag = 0x04;
    private const int WillQosShift = 3;
    private const int WillRetainFlag = 0x20;
    private const int PasswordFlag = 0x40;
    private const int UserNameFlag = 0x80;

    private ReadOnlySpan<byte> _willProperties;
    private int _willForwardedLength;

    /// <summary>What the client speaks.</summary>
    public ProtocolVersion Version { get; private init; }

    /// <summary>The client wants a new session (Clean Session in MQTT 3.1.1).</summary>
    public bool CleanStart { get; private init; }

    /// <summary>Seconds; 0: none.</summary>
    public ushort KeepAlive { get; private init; }

    /// <summary>The client identifier, valid UTF-8; empty: the server is to choose one.</summary>
    public ReadOnlySpan<byte> ClientId { get; private set; }

    /// <summary>Whether there is a user name (it may be empty).</summary>
    public bool HasUserName { get; private set; }

    /// <summary>Whether there is a password (it may be empty).</summary>
    public bool HasPassword { get; private set; }

    /// <summary>The user name, valid UTF-8.</summary>
    public ReadOnlySpan<byte> UserName { get; private set; }

    /// <summary>The password.</summary>
    public ReadOnlySpan<byte> Password { get; private set; }

    /// <summary>Whether there is a will.</summary>
    public bool HasWill { get; private set; }

    /// <summary>The will's QoS.</summary>
    public QualityOfService WillQos { get; private set; }

    /// <summary>Whether the will is to be retained.</summary>
    public bool WillRetain { get; private set; }

    /// <summary>The will's topic name, valid UTF-8, not empty, without wildcards.</summary>
    public ReadOnlySpan<byte> WillTopic { get; private set; }

    /// <summary>The will's payload.</summary>
    public ReadOnlySpan<byte> WillPayload { get; private set; }

    /// <summary>Seconds to wait before the will is published.</summary>
    public uint WillDelay { get; private set; }

    /// <summary>Seconds that the published will is worth delivering; null: for ever.</summary>
    public uint? WillMessageExpiry { get; private set; }

    /// <summary>The client says that the will's payload is UTF-8 (not checked here).</summary>
    public bool WillPayloadIsUtf8 { get; private set; }

    /// <summary>The will's response topic, a valid topic name; empty if there is none.</summary>
    public ReadOnlySpan<byte> WillResponseTopic { get; private set; }

    /// <summary>The will properties that travel on to subscribers.</summary>
    public readonly ForwardedProperties WillForwarded => new(_willProperties, _willForwardedLength);

    /// <summary>
    /// Seconds that the session outlives the connection; <see cref="uint.MaxValue"/>: for ever. Before MQTT 5 the clean session
    /// flag says one of these two: 0 or for ever.
    /// </summary>
    public uint SessionExpiryInterval { get; private set; }

    /// <summary>How many QoS 1 and 2 publications the client takes unacknowledged; never 0.</summary>
    public ushort ReceiveMaximum { get; private set; }

    /// <summary>The largest packet that the client takes, in bytes, never 0; null: any.</summary>
    public uint? MaximumPacketSize { get; private set; }

    /// <summary>The highest topic alias that the client takes; 0: none.</summary>
    public ushort TopicAliasMaximum { get; private set; }

    /// <summary>Whether the client would like Response Information in CONNACK.</summary>
    public bool RequestResponseInformation { get; private set; }

    /// <summary>Whether reason strings and user properties are welcome on other packets than PUBLISH, CONNACK and DISCONNECT.</summary>
    public bool RequestProblemInformation { get; private set; }

    /// <summary>Whether the client wants enhanced authentication.</summary>
    public bool HasAuthenticationMethod { get; private set; }

    /// <summary>The method of enhanced authentication, valid UTF-8.</summary>
    public ReadOnlySpan<byte> AuthenticationMethod { get; private set; }

    /// <summary>The method's first data; empty if there is none.</summary>
    public ReadOnlySpan<byte> AuthenticationData { get; private set; }

    /// <summary>How many user properties there are, will included.</summary>
    public int UserPropertyCount { get; private set; }

    /// <summary>
    /// The version that a CONNECT names, so that even a broken one can be answered in its own format; null if it is none of ours.
    /// Never throws.
    /// </summary>
    /// <param name="frame">A frame of type CONNECT.</param>
    public static ProtocolVersion? PeekVersion(in Frame frame)
    {
        ReadOnlySpan<byte> body = frame.Body;
        if (body.StartsWith("\0\u0004MQTT\u0005"u8)) return ProtocolVersion.V5;
        if (body.StartsWith("\0\u0004MQTT\u0004"u8)) return ProtocolVersion.V311;
        if (body.StartsWith("\0\u0006MQIsdp\u0003"u8)) return ProtocolVersion.V31;
        return null;
    }

    /// <summary>Reads and checks a CONNECT: everything that its bytes alone can tell.</summary>
    /// <param name="frame">A frame of type CONNECT.</param>
    /// <exception cref="ProtocolViolationException">
    /// 0x84 version not spoken here, 0x81 malformed, 0x82 protocol error, 0x90 will topic empty or with a wildcard.
    /// </exception>
    public static ConnectPacket Read(in Frame frame)
    {
        var reader = new PacketReader(frame.Body);
        ProtocolVersion version = ReadVersion(ref reader);
        int flags = reader.ReadByte();
        CheckFlags(flags, version);
        var packet = new ConnectPacket
        {
            Version = version,
            CleanStart = (flags & CleanStartFlag) != 0,
            KeepAlive = reader.ReadUInt16(),
            SessionExpiryInterval = version == ProtocolVersion.V5 || (flags & CleanStartFlag) != 0 ? 0 : uint.MaxValue,
            ReceiveMaximum = ushort.MaxValue,
            RequestProblemInformation = true,
        };
        if (version == ProtocolVersion.V5) packet.ReadProperties(reader.ReadPropertyBlock());

        packet.ClientId = reader.ReadUtf8(); // [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4]
        if ((flags & WillFlag) != 0) packet.ReadWill(ref reader, flags);
        packet.ReadCredentials(ref reader, flags);
        reader.ExpectEnd();
        return packet;
    }

    private static ProtocolVersion ReadVersion(scoped ref PacketReader reader)
    {
        ReadOnlySpan<byte> name = reader.ReadUtf8();
        int level = reader.ReadByte();
        if (name.SequenceEqual("MQTT"u8) && level is 4 or 5) return (ProtocolVersion)level;
        if (name.SequenceEqual("MQIsdp"u8) && level == 3) return ProtocolVersion.V31;
        ProtocolViolationException.Throw(
            ReasonCode.UnsupportedProtocolVersion,
            "Only MQTT 3.1, 3.1.1 and 5.0 are spoken here."); // [MQTT-3.1.2-1] [MQTT-3.1.2-2]
        return default;
    }

    private static void CheckFlags(int flags, ProtocolVersion version)
    {
        bool will = (flags & WillFlag) != 0;
        int willQos = (flags >> WillQosShift) & 0b11;
        if (will && willQos == 3) ProtocolViolationException.Malformed("Will QoS 3 does not exist."); // [MQTT-3.1.2-12]
        if (version != ProtocolVersion.V5 && (flags & (PasswordFlag | UserNameFlag)) == PasswordFlag)
        {
            ProtocolViolationException.Malformed("There is a password without a user name."); // 3.1.1 [MQTT-3.1.2-22]
        }

        // MQTT 3.1 left these bits open.
        if (version == ProtocolVersion.V31) return;
        if ((flags & ReservedFlag) != 0) ProtocolViolationException.Malformed("The reserved CONNECT flag is set."); // [MQTT-3.1.2-3]
        if (!will && willQos != 0) ProtocolViolationException.Malformed("There is a will QoS without a will."); // [MQTT-3.1.2-11]
        if (!will && (flags & WillRetainFlag) != 0)
        {
            ProtocolViolationException.Malformed("Will Retain is set without a will."); // [MQTT-3.1.2-13]
        }
    }

    private void ReadProperties(ReadOnlySpan<byte> block)
    {
        var reader = new PropertyReader(block, PropertyPlace.Connect);
        bool hasData = false;
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            switch (id)
            {
                case PropertyId.SessionExpiryInterval:
                    SessionExpiryInterval = PropertyReader.UInt32(value);
                    break;
                case PropertyId.ReceiveMaximum:
                    ReceiveMaximum = PropertyReader.UInt16(value);
                    if (ReceiveMaximum == 0) ProtocolViolationException.Protocol("Receive Maximum is 0."); // 3.1.2.11.3
                    break;
                case PropertyId.MaximumPacketSize:
                    MaximumPacketSize = PropertyReader.UInt32(value);
                    if (MaximumPacketSize == 0) ProtocolViolationException.Protocol("Maximum Packet Size is 0."); // 3.1.2.11.4
                    break;
                case PropertyId.TopicAliasMaximum:
                    TopicAliasMaximum = PropertyReader.UInt16(value);
                    break;
                case PropertyId.RequestResponseInformation:
                    RequestResponseInformation = value[0] == 1;
                    break;
                case PropertyId.RequestProblemInformation:
                    RequestProblemInformation = value[0] == 1;
                    break;
                case PropertyId.UserProperty:
                    UserPropertyCount++;
                    break;
                case PropertyId.AuthenticationMethod:
                    HasAuthenticationMethod = true;
                    AuthenticationMethod = value;
                    break;
                case PropertyId.AuthenticationData:
                    hasData = true;
                    AuthenticationData = value;
                    break;
            }
        }

        if (hasData && !HasAuthenticationMethod)
        {
            ProtocolViolationException.Protocol("There is authentication data without a method."); // 3.1.2.11.10
        }
    }

    private void ReadWill(ref PacketReader reader, int flags)
    {
        HasWill = true;
        WillQos = (QualityOfService)((flags >> WillQosShift) & 0b11);
        WillRetain = (flags & WillRetainFlag) != 0;
        if (Version == ProtocolVersion.V5) ReadWillProperties(reader.ReadPropertyBlock());
        WillTopic = reader.ReadUtf8(); // [MQTT-3.1.2-9] [MQTT-3.1.3-11]
        WillPayload = reader.ReadBinary();
        if (WillTopic.IsEmpty) ProtocolViolationException.Throw(ReasonCode.TopicNameInvalid, "The will topic is empty."); // [MQTT-4.7.3-1]
        if (WillTopic.IndexOfAny((byte)'+', (byte)'#') >= 0)
        {
            ProtocolViolationException.Throw(ReasonCode.TopicNameInvalid, "The will topic has a wildcard."); // [MQTT-4.7.1-1]
        }
    }

    private void ReadWillProperties(ReadOnlySpan<byte> block)
    {
        _willProperties = block;
        var reader = new PropertyReader(block, PropertyPlace.Will);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out int length))
        {
            if (ForwardedProperties.TravelsOn(id)) _willForwardedLength += length;
            switch (id)
            {
                case PropertyId.WillDelayInterval:
                    WillDelay = PropertyReader.UInt32(value);
                    break;
                case PropertyId.MessageExpiryInterval:
                    WillMessageExpiry = PropertyReader.UInt32(value);
                    break;
                case PropertyId.PayloadFormatIndicator:
                    WillPayloadIsUtf8 = value[0] == 1;
                    break;
                case PropertyId.ResponseTopic:
                    PublishPacket.CheckResponseTopic(value);
                    WillResponseTopic = value;
                    break;
                case PropertyId.UserProperty:
                    UserPropertyCount++;
                    break;
            }
        }
    }

    private void ReadCredentials(ref PacketReader reader, int flags)
    {
        // MQTT 3.1: where the packet ends early, its length counts and not the flag.
        HasUserName = (flags & UserNameFlag) != 0 && !(Version == ProtocolVersion.V31 && reader.End);
        if (HasUserName) UserName = reader.ReadUtf8(); // [MQTT-3.1.2-17] [MQTT-3.1.3-12]
        HasPassword = (flags & PasswordFlag) != 0 && !(Version == ProtocolVersion.V31 && reader.End);
        if (HasPassword) Password = reader.ReadBinary(); // [MQTT-3.1.2-19]
    }
}
