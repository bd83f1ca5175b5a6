using Broker.Core;
using Broker.Core.ChangeDetection;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Testing.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Testing;

/// <summary>
/// The real broker on one thread: a clock that the test moves, seeded randomness, connections in memory. Disposing it fails the
/// test if the broker logged an error, or if a message is still held that nobody owns.
/// </summary>
public sealed class TestBroker : IDisposable
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(100);

    private readonly List<TestClient> _clients = [];
    private readonly RecordingLoggerFactory _log = new();

    public TestBroker(
        BrokerLimits? limits = null, Func<BrokerParts, BrokerParts>? configure = null, TimeSpan? sysInterval = null,
        IReadOnlyList<ChangeRule>? changeRules = null, StorePolicy? store = null, BudgetOptions? budgets = null)
    {
        var parts = new BrokerParts { Time = Time, Random = new Random(1), LoggerFactory = _log };
        var options = new MqttBrokerOptions
        {
            Limits = limits ?? new BrokerLimits(),
            Budgets = budgets ?? new BudgetOptions(),
            SysInterval = sysInterval ?? TimeSpan.Zero,
            ChangeRules = changeRules ?? [],
            Store = store ?? new StorePolicy(),
        };
        Broker = new MqttBroker(options, configure?.Invoke(parts) ?? parts);
        try
        {
            Broker.Start();
        }
        catch (InvalidDataException)
        {
            Broker.Dispose(); // nobody else could
            throw;
        }
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MqttBroker Broker { get; }

    /// <summary>Everything that the broker logged.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Log => _log.Entries;

    /// <summary>Errors in the log are expected: do not fail at the end because of them.</summary>
    public bool ToleratesErrors { get; set; }

    /// <summary>Opens a connection; nothing is sent yet.</summary>
    public TestClient Open(ProtocolVersion version = ProtocolVersion.V5, bool validatePayloadFormat = false)
    {
        var client = new TestClient(this, version);
        client.Attach(Broker.Accept(client, new ConnectionInfo("Test", TransportKind.Memory, null, validatePayloadFormat)));
        _clients.Add(client);
        return client;
    }

    /// <summary>Opens a connection from somewhere; nothing is sent yet.</summary>
    public TestClient Open(ConnectionInfo info, ProtocolVersion version = ProtocolVersion.V5)
    {
        var client = new TestClient(this, version);
        client.Attach(Broker.Accept(client, info));
        _clients.Add(client);
        return client;
    }

    /// <summary>Opens a connection and sends CONNECT; the CONNACK is in <see cref="TestClient.ConnAck"/> and must say yes.</summary>
    public TestClient Connect(ConnectOptions options)
    {
        TestClient client = Open(options.Version);
        client.Send(ClientPackets.Connect(options));
        client.ConnAck = client.Expect<ServerPacket.ConnAck>();
        if (client.ConnAck.ReasonCode != ReasonCode.Success) throw new InvalidOperationException($"CONNACK says {client.ConnAck.ReasonCode} {client.ConnAck.ReasonString}");
        return client;
    }

    /// <summary>Connects with a client identifier and a clean start.</summary>
    public TestClient Connect(string clientId, ProtocolVersion version = ProtocolVersion.V5) =>
        Connect(new ConnectOptions { ClientId = clientId, Version = version });

    /// <summary>Connects to a session that is kept: it is there, or is made.</summary>
    public TestClient Resume(string clientId, ProtocolVersion version = ProtocolVersion.V5, uint expirySeconds = 3_600) =>
        Connect(new ConnectOptions
        {
            ClientId = clientId,
            Version = version,
            CleanStart = false,
            Properties = version == ProtocolVersion.V5 ? new Properties().SessionExpiryInterval(expirySeconds) : [],
        });

    /// <summary>Moves the clock, tick by tick, as time goes.</summary>
    public void Advance(TimeSpan time)
    {
        for (TimeSpan left = time; left > TimeSpan.Zero; left -= _step)
        {
            Time.Advance(left < _step ? left : _step);
            Settle();
        }
    }

    /// <summary>Moves the clock at once, as it looks to a process that was stopped meanwhile.</summary>
    public void Pause(TimeSpan time)
    {
        Time.Advance(time);
        Settle();
    }

    /// <summary>
    /// Forgets the last values of all topics, and counts the messages that are left: those that queues, windows and retained
    /// slots hold.
    /// </summary>
    public long CountMessages()
    {
        Broker.Context.Values.Clear();
        return Broker.Context.Messages.Live;
    }

    /// <summary>Stops the broker; the clients see what it says last.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopped = Broker.StopAsync(cancellationToken);
        Settle();
        await stopped;
    }

    public void Dispose()
    {
        foreach (TestClient client in _clients) client.Drop();
        Settle();
        Broker.Dispose();
        if (!ToleratesErrors && _log.Entries.FirstOrDefault(e => e.Level >= LogLevel.Error) is { Text: not null } error)
        {
            throw new InvalidOperationException("The broker logged an error: " + error.Text);
        }
    }

    /// <summary>Tells the broker of the connections that are gone, as transports do: later, never from within.</summary>
    internal void Settle()
    {
        for (int i = 0; i < _clients.Count; i++) _clients[i].Settle();
    }
}
