using System.Text;
using Broker.Core.Limits;
using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>What a CONNECT asks for, already brought within the broker's limits; outlives the packet.</summary>
internal sealed record ConnectRequest
{
    /// <summary>The client identifier: the client's own, or one that was made for it.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client identifier as it was sent; empty if the broker made one.</summary>
    public required string GivenClientId { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public bool CleanStart { get; init; }

    /// <summary>Seconds of keep alive in force; 0 for none.</summary>
    public int KeepAlive { get; init; }

    /// <summary>Whether the broker's keep alive replaces the client's.</summary>
    public bool ReplacesKeepAlive { get; init; }

    public TimeSpan SessionExpiry { get; init; }

    /// <summary>Whether the session is kept for less time than the client asked for.</summary>
    public bool ReplacesSessionExpiry { get; init; }

    /// <summary>Unfinished QoS 1 and 2 messages that may be on their way to the client.</summary>
    public int Window { get; init; }

    public int OutgoingAliases { get; init; }

    public TimeSpan WillDelay { get; init; }

    public uint? WillMessageExpiry { get; init; }

    public bool WantsResponseInformation { get; init; }

    /// <summary>Copies what is needed out of a packet.</summary>
    public static ConnectRequest From(in ConnectPacket packet, BrokerContext broker)
    {
        BrokerLimits limits = broker.Limits;
        string given = Encoding.UTF8.GetString(packet.ClientId);
        bool isV5 = packet.Version == ProtocolVersion.V5;
        int longest = (int)limits.KeepAlive.TotalSeconds;
        bool replaces = isV5 && (packet.KeepAlive == 0 || packet.KeepAlive > longest);
        TimeSpan expiry = Sessions.SessionExpiry.Within(packet.SessionExpiryInterval, limits);
        return new ConnectRequest
        {
            ClientId = given.Length > 0 ? given : broker.ClientIdentifiers.Next(), // [MQTT-3.1.3-6]
            GivenClientId = given,
            UserName = packet.HasUserName ? Encoding.UTF8.GetString(packet.UserName) : null,
            Password = packet.HasPassword ? packet.Password.ToArray() : default(ReadOnlyMemory<byte>?), // null alone would become empty memory
            CleanStart = packet.CleanStart,
            KeepAlive = replaces ? longest : packet.KeepAlive,
            ReplacesKeepAlive = replaces,
            SessionExpiry = expiry,
            ReplacesSessionExpiry = isV5 && expiry != TimeSpan.FromSeconds(packet.SessionExpiryInterval),
            Window = Math.Min(packet.ReceiveMaximum, limits.Inflight),
            OutgoingAliases = Math.Min(packet.TopicAliasMaximum, limits.OutgoingTopicAliases),
            WillDelay = TimeSpan.FromSeconds(packet.WillDelay),
            WillMessageExpiry = packet.WillMessageExpiry,
            WantsResponseInformation = packet.RequestResponseInformation,
        };
    }

    /// <summary>The CONNACK that says yes.</summary>
    public ConnAck Answer(ClientFacts facts, BrokerLimits limits, bool isPresent, ReadOnlySpan<byte> authenticationData)
    {
        ConnAck answer = Answer(facts, limits, isPresent, authenticationData, tellsChangeOnly: true);
        return facts.Takes(answer.Size) ? answer : Answer(facts, limits, isPresent, authenticationData, tellsChangeOnly: false);
    }

    private ConnAck Answer(ClientFacts facts, BrokerLimits limits, bool isPresent, ReadOnlySpan<byte> authenticationData, bool tellsChangeOnly) => new()
    {
        SessionPresent = isPresent && facts.Version != ProtocolVersion.V31, // 3.1 has no such flag
        ReasonCode = ReasonCode.Success,
        SessionExpiryInterval = ReplacesSessionExpiry ? (uint)SessionExpiry.TotalSeconds : null,
        ReceiveMaximum = limits.ReceiveMaximum < ushort.MaxValue ? (ushort)limits.ReceiveMaximum : null,
        MaximumPacketSize = (uint)limits.PacketBytes,
        AssignedClientIdentifier = GivenClientId.Length == 0 ? ClientId : null, // [MQTT-3.2.2-16]
        TopicAliasMaximum = (ushort)limits.TopicAliases,
        ServerKeepAlive = ReplacesKeepAlive ? (ushort)KeepAlive : null, // [MQTT-3.2.2-21]
        ResponseInformation = WantsResponseInformation && ClientId.AsSpan().IndexOfAny("+#") < 0 ? "responses/" + ClientId : null,
        AuthenticationMethod = facts.AuthenticationMethod is null ? default : Encoding.UTF8.GetBytes(facts.AuthenticationMethod),
        AuthenticationData = authenticationData,
        TellsChangeOnly = tellsChangeOnly,
    };
}
