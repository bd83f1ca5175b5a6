using System.ComponentModel.DataAnnotations;

namespace Broker.Core.Limits;

/// <summary>
/// Every bound that a client can run into, in one place. All are finite; what happens at a bound is said at each.
/// </summary>
public sealed record BrokerLimits
{
    /// <summary>Connections at the same time, over all endpoints. One more is closed at once, before anything is read.</summary>
    [Range(1, 10_000_000)]
    public int Connections { get; init; } = 100_000;

    /// <summary>
    /// Of those, how many are kept for privileged endpoints and users (`Limits:Privileged`); where none are named, none are kept.
    /// </summary>
    [Range(0, 1_000_000)]
    public int ReservedConnections { get; init; } = 16;

    /// <summary>Bytes of the first packet: a CONNECT that announces more is cut off at its header.</summary>
    [Range(128, 268_435_460)]
    public int ConnectPacketBytes { get; init; } = 65_536;

    /// <summary>Time from the connection's start until its CONNECT is complete and accepted; then the connection is closed.</summary>
    [DurationRange("00:00:00.1", "00:10:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Bytes of any later packet from a client, told to MQTT 5 clients as Maximum Packet Size. A larger one ends the
    /// connection with 0x95 as soon as its header shows its size.
    /// </summary>
    [Range(128, 268_435_460)]
    public int PacketBytes { get; init; } = 2_097_152;

    /// <summary>Bytes of a client identifier in UTF-8; a longer one is refused with 0x85.</summary>
    [Range(23, 65_535)]
    public int ClientIdBytes { get; init; } = 256;

    /// <summary>Bytes of a topic name or filter; a longer one is answered with 0x90 or 0x8F.</summary>
    [Range(1, 65_535)]
    public int TopicBytes { get; init; } = 4_096;

    /// <summary>Levels of a topic name or filter; a deeper one is answered with 0x90 or 0x8F.</summary>
    [Range(1, 128)]
    public int TopicLevels { get; init; } = 128;

    /// <summary>User properties in one packet; more end the connection with 0x97.</summary>
    [Range(0, 10_000)]
    public int UserProperties { get; init; } = 64;

    /// <summary>Topic filters in one SUBSCRIBE or UNSUBSCRIBE; more end the connection with 0x97.</summary>
    [Range(1, 10_000)]
    public int FiltersPerSubscribe { get; init; } = 1_000;

    /// <summary>Subscriptions of one session; each one more is refused with 0x97 in its SUBACK.</summary>
    [Range(1, 10_000_000)]
    public int SubscriptionsPerSession { get; init; } = 10_000;

    /// <summary>
    /// QoS 1 and 2 publications of one client that may be unfinished, told to MQTT 5 clients as Receive Maximum; one more
    /// ends the connection with 0x93.
    /// </summary>
    [Range(1, 65_535)]
    public int ReceiveMaximum { get; init; } = 1_024;

    /// <summary>QoS 1 and 2 messages sent to one client and not yet acknowledged (the client's Receive Maximum may lower it).</summary>
    [Range(1, 65_535)]
    public int Inflight { get; init; } = 1_024;

    /// <summary>Topic aliases that a client may set, told as Topic Alias Maximum; a higher alias ends the connection with 0x94.</summary>
    [Range(0, 65_535)]
    public int TopicAliases { get; init; } = 32;

    /// <summary>Topic aliases that the broker uses towards one client (the client's Topic Alias Maximum may lower it).</summary>
    [Range(0, 65_535)]
    public int OutgoingTopicAliases { get; init; } = 32;

    /// <summary>Messages that wait for one session, at any QoS; past it <see cref="Overflow"/> applies.</summary>
    [Range(1, 100_000_000)]
    public int QueueMessages { get; init; } = 10_000;

    /// <summary>Bytes of the messages that wait for one session; past it <see cref="Overflow"/> applies.</summary>
    [Range(1_024, 1_099_511_627_776)]
    public long QueueBytes { get; init; } = 64 * 1_048_576;

    /// <summary>What happens to a QoS 1 or 2 message when the session's queue is full. QoS 0 is always dropped and counted.</summary>
    [EnumDataType(typeof(OverflowPolicy))]
    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.DropNewest;

    /// <summary>Sessions, connected or kept. A client that would need one more is refused with 0x97.</summary>
    [Range(1, 100_000_000)]
    public int Sessions { get; init; } = 1_000_000;

    /// <summary>The longest that a session is kept after its connection ended; longer wishes are lowered to it and the client is told.</summary>
    [DurationRange("00:00:00", "36500.00:00:00")]
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The longest keep alive. MQTT 5 clients that ask for more, or for none, are told this one as Server Keep Alive;
    /// older clients keep what they asked for, since nothing can tell them.
    /// </summary>
    [DurationRange("00:00:01", "18:12:15")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Retained messages; a publication that would add one more is answered with 0x97.</summary>
    [Range(0, 100_000_000)]
    public int RetainedMessages { get; init; } = 1_000_000;

    /// <summary>Bytes of all retained messages; a publication that would pass it is answered with 0x97.</summary>
    [Range(0, 1_099_511_627_776)]
    public long RetainedBytes { get; init; } = 1_073_741_824;

    /// <summary>
    /// Topics whose last value is kept for change-only delivery and for polling. Past it the topic that has not changed for the
    /// longest time is forgotten: a poll no longer finds it, and its next value counts as a change.
    /// </summary>
    [Range(1, 100_000_000)]
    public int LastValues { get; init; } = 1_000_000;

    /// <summary>Bytes of all last values; past it topics are forgotten in the same way.</summary>
    [Range(1_024, 1_099_511_627_776)]
    public long LastValuesBytes { get; init; } = 268_435_456;

    /// <summary>Long polls and HTTP requests for a response that wait at the same time; one more is answered with 429.</summary>
    [Range(0, 10_000_000)]
    public int WaitingPolls { get; init; } = 100_000;

    /// <summary>The longest that a long poll, or an HTTP request for a response, waits; longer wishes are lowered to it.</summary>
    [DurationRange("00:00:00.1", "01:00:00")]
    public TimeSpan PollWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes of answers (acknowledgements, ping responses) that wait for a client that does not read; past it the broker
    /// stops reading from that client until it has taken some.
    /// </summary>
    [Range(1_024, 67_108_864)]
    public int PendingAnswerBytes { get; init; } = 65_536;

    /// <summary>How long a connection that is being closed may take to read its last bytes.</summary>
    [DurationRange("00:00:00.1", "00:01:00")]
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>AUTH packets that one exchange of enhanced authentication may take; one more ends the connection with 0x8C.</summary>
    [Range(1, 100)]
    public int AuthenticationRounds { get; init; } = 8;

    /// <summary>
    /// Offline clients whose last state stays readable under <c>$presence/</c>; past it the one that has been offline longest
    /// is forgotten. Connected clients and kept sessions are always there.
    /// </summary>
    [Range(0, 10_000_000)]
    public int OfflinePresence { get; init; } = 100_000;

    /// <summary>
    /// TLS handshakes under way at the same time, over all endpoints; one address may have half of them. More wait, as long as
    /// `ConnectTimeout` lets them.
    /// </summary>
    [Range(2, 100_000)]
    public int TlsHandshakes { get; init; } = 256;

    /// <summary>Logins by password that wait to be hashed; one more is refused with 0x89 (HTTP: 503).</summary>
    [Range(1, 100_000)]
    public int WaitingLogins { get; init; } = 256;

    /// <summary>Failed logins from one address (IPv6: one /64) within a minute; more attempts are refused with 0x97 (HTTP: 429), right or wrong.</summary>
    [Range(1, 1_000_000)]
    public int FailedLogins { get; init; } = 60;

    /// <summary>Failed logins of one user from one address within a minute; more attempts are refused with 0x97 (HTTP: 429), right or wrong.</summary>
    [Range(1, 1_000_000)]
    public int FailedLoginsPerUser { get; init; } = 10;

    /// <summary>
    /// Memory that the process should stay within. At 85 % new connections are refused with 0x97 (HTTP: 503) and <c>$SYS</c> stands still, at
    /// 95 % publications at QoS 0 are dropped, too; both end by themselves. 0: three quarters of what the machine or the container has.
    /// </summary>
    [Range(0, 1_099_511_627_776)]
    public long MemoryBytes { get; init; }

    /// <summary>How late work may come to run before the broker counts as overloaded, three seconds running; at five times that, QoS 0 is dropped, too.</summary>
    [DurationRange("00:00:00.1", "00:01:00")]
    public TimeSpan OverloadLag { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Bytes of a token (JWT); a longer one is refused like a wrong one.</summary>
    [Range(256, 65_535)]
    public int TokenBytes { get; init; } = 8_192;
}
