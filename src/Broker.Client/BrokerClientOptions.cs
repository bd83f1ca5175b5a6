using System.Net.Security;
using System.Text.Json;

namespace Broker.Client;

/// <summary>How a <see cref="BrokerClient"/> connects and behaves. It is read when the client is made; later changes have no effect.</summary>
public sealed class BrokerClientOptions
{
    /// <summary>
    /// The brokers' addresses, tried in turn: <c>mqtt://host:1883</c>, <c>mqtts://host:8883</c>, <c>ws://host/mqtt</c>, <c>wss://host/mqtt</c>.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>
    /// The client identifier; null: a random one, whose session ends with this client. Set it for a session or an <see cref="OutboxOptions.Path"/>
    /// that outlives the process. No two clients may use one at the same time.
    /// </summary>
    public string? ClientId { get; set; }

    /// <summary>The user name; null: none.</summary>
    public string? UserName { get; set; }

    /// <summary>The password or token; null: none.</summary>
    public string? Password { get; set; }

    /// <summary>Asked before every attempt to connect, for tokens that expire; takes the place of <see cref="UserName"/> and <see cref="Password"/>.</summary>
    public Func<CancellationToken, ValueTask<BrokerCredentials>>? Credentials { get; set; }

    /// <summary>TLS for <c>mqtts</c> and <c>wss</c>: client certificates, own validation. Null: the system's rules.</summary>
    public SslClientAuthenticationOptions? Tls { get; set; }

    /// <summary>How long a dead connection may go unnoticed, 1 s to 18 h; 30 s unless set. The broker may ask for less.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the broker keeps subscriptions and undelivered messages while this client is away; 1 h unless set, zero: not at all.</summary>
    public TimeSpan SessionExpiry { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long one attempt to connect may take; 10 s unless set.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many QoS 1 and 2 messages the broker may send ahead of this client's acknowledgements, 1 to 65,535; 1,000 unless set.</summary>
    public int ReceiveMaximum { get; set; } = 1_000;

    /// <summary>The largest packet in bytes that this client accepts, 1,024 and more; 16 MiB unless set.</summary>
    public int MaxPacketBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Waiting between attempts to connect.</summary>
    public ReconnectOptions Reconnect { get; } = new();

    /// <summary>The outbound queue.</summary>
    public OutboxOptions Outbox { get; } = new();

    /// <summary>The circuit breaker of requests.</summary>
    public CircuitBreakerOptions CircuitBreaker { get; } = new();

    /// <summary>What the broker publishes when this client is gone; null: nothing.</summary>
    public LastWill? Will { get; set; }

    /// <summary>
    /// How values become JSON; null: the web defaults of System.Text.Json. In trimmed and native programs, the options of a source-generated
    /// context: <c>MyContext.Default.Options</c>.
    /// </summary>
    public JsonSerializerOptions? Json { get; set; }

    /// <summary>How long a request waits for its answer unless the call says otherwise; 10 s unless set.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The first levels of the topics that this client uses for itself: announcements and answers; <c>services</c> unless set.</summary>
    public string ServicePrefix { get; set; } = "services";

    /// <summary>Sets the addresses.</summary>
    /// <param name="addresses">One or more, tried in this order.</param>
    /// <returns>These options.</returns>
    public BrokerClientOptions ConnectTo(params string[] addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Addresses.Clear();
        foreach (string address in addresses) Addresses.Add(address);
        return this;
    }
}
