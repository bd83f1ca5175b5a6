using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Testing;
using Broker.Testing.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>The real broker for many threads, with a clock that the test moves.</summary>
internal sealed class ThreadedBroker : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly RecordingLoggerFactory _log = new();

    public ThreadedBroker(BrokerLimits? limits = null)
    {
        Broker = new MqttBroker(
            new MqttBrokerOptions { Limits = limits ?? new BrokerLimits(), SysInterval = TimeSpan.FromSeconds(10) },
            new BrokerParts { Time = _time, Random = new Random(1), LoggerFactory = _log });
        Broker.Start();
    }

    public MqttBroker Broker { get; }

    /// <summary>Opens a connection and connects; null if the broker did not let it.</summary>
    public ThreadedConnection? Connect(ConnectOptions options, Action<ServerPacket>? others = null)
    {
        var connection = new ThreadedConnection(options.Version);
        connection.Attach(Broker.Accept(connection, new ConnectionInfo("Test", TransportKind.Memory, null)));
        if (connection.Send(ClientPackets.Connect(options)) && connection.Await<ServerPacket.ConnAck>(others ?? (_ => { })) is not null) return connection;
        connection.Drop();
        return null;
    }

    public ThreadedConnection Connect(string clientId) =>
        Connect(new ConnectOptions { ClientId = clientId }) ?? throw new InvalidOperationException("The broker did not let it in");

    /// <summary>Moves the clock, tick by tick. One thread at a time.</summary>
    public void Advance(TimeSpan time)
    {
        for (TimeSpan left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(100)) _time.Advance(TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Everything is over: nothing may be left of it.</summary>
    public void AssertNothingIsLeft()
    {
        Assert.Equal(0, Broker.ConnectionCount);
        Assert.Equal(0, Broker.Context.Subscriptions.Count);
        Assert.Equal(0, Broker.Context.Subscriptions.SharedCount);
        Assert.Equal("0", Sys("clients/total"));
        Assert.Equal("0", Sys("clients/connected"));
        Broker.Context.Values.Clear(); // what is held only as its topic's last value
        Assert.Equal(Broker.Context.Retained.Count, Broker.Context.Messages.Live);
        AssertNoErrors();
    }

    public void AssertNoErrors() => Assert.Empty(_log.Entries.Where(e => e.Level >= LogLevel.Error).Select(e => e.Text));

    public void Dispose() => Broker.Dispose();

    private string Sys(string name)
    {
        Message? message = Broker.Context.Retained.Get(System.Text.Encoding.UTF8.GetBytes("$SYS/broker/" + name));
        Assert.NotNull(message);
        string text = System.Text.Encoding.UTF8.GetString(message.Payload);
        message.Release();
        return text;
    }
}
