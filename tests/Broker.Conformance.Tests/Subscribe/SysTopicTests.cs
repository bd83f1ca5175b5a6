using System.Globalization;
using Broker.Core;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary><c>$SYS/broker/...</c>: Mosquitto's names, retained, and sent only when they changed.</summary>
public sealed class SysTopicTests
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("version")]
    [InlineData("uptime")]
    [InlineData("clients/connected")]
    [InlineData("clients/disconnected")]
    [InlineData("clients/total")]
    [InlineData("clients/maximum")]
    [InlineData("clients/expired")]
    [InlineData("messages/received")]
    [InlineData("messages/sent")]
    [InlineData("messages/stored")]
    [InlineData("store/messages/count")]
    [InlineData("publish/messages/received")]
    [InlineData("publish/messages/sent")]
    [InlineData("publish/messages/dropped")]
    [InlineData("publish/bytes/received")]
    [InlineData("publish/bytes/sent")]
    [InlineData("bytes/received")]
    [InlineData("bytes/sent")]
    [InlineData("subscriptions/count")]
    [InlineData("shared_subscriptions/count")]
    [InlineData("retained messages/count")]
    [InlineData("load/messages/received/1min")]
    [InlineData("load/messages/sent/5min")]
    [InlineData("load/bytes/received/15min")]
    [InlineData("heap/current")]
    public void A_value_is_retained_from_the_start(string name)
    {
        using var broker = new TestBroker(sysInterval: _interval);
        foreach (ProtocolVersion version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            TestClient client = broker.Connect("c", version);
            client.SubscribeTo("$SYS/broker/" + name, 2);

            ServerPacket.Publish message = Assert.Single(client.Messages());
            Assert.True(message.Retain);
            Assert.NotEmpty(message.Text);
        }
    }

    [Fact]
    public void Values_tell_what_happened()
    {
        using var broker = new TestBroker(sysInterval: _interval);
        broker.Resume("away").SubscribeTo("a");
        broker.Resume("away").Drop();
        TestClient client = broker.Connect("c");
        client.SubscribeTo("a");
        client.SubscribeTo("$share/g/b");
        client.Publish("kept", "x", 1, retain: true);
        broker.Advance(_interval);

        Assert.Equal("1", Value(broker, "clients/connected"));
        Assert.Equal("1", Value(broker, "clients/disconnected"));
        Assert.Equal("2", Value(broker, "clients/total"));
        Assert.Equal("3", Value(broker, "subscriptions/count"));
        Assert.Equal("1", Value(broker, "shared_subscriptions/count"));
        Assert.Equal("1", Value(broker, "publish/messages/received"));
        Assert.Equal(MqttBroker.Version, Value(broker, "version"));
        Assert.Equal("10 seconds", Value(broker, "uptime"));
    }

    [Fact]
    public void An_expired_session_is_counted_and_the_maximum_stays()
    {
        using var broker = new TestBroker(sysInterval: _interval);
        TestClient[] clients = [broker.Connect("1"), broker.Connect("2"), broker.Resume("3", expirySeconds: 5)];
        broker.Advance(_interval);
        foreach (TestClient client in clients) client.Drop();
        broker.Advance(_interval);

        Assert.Equal("3", Value(broker, "clients/maximum"));
        Assert.Equal("1", Value(broker, "clients/expired"));
        Assert.Equal("0", Value(broker, "clients/connected"));
    }

    [Fact]
    public void A_value_is_sent_when_it_changed_and_not_otherwise()
    {
        using var broker = new TestBroker(sysInterval: _interval);
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "c", KeepAlive = 3_600 });
        client.SubscribeTo(new SubscribeFilter("$SYS/broker/clients/#", RetainHandling: RetainHandling.DoNotSend));
        broker.Advance(_interval);
        client.Messages();

        broker.Advance(10 * _interval);
        client.ExpectNothing();
        TestClient other = broker.Connect(new ConnectOptions { ClientId = "other", KeepAlive = 3_600 });
        broker.Advance(_interval);

        Assert.Equal(
            ["$SYS/broker/clients/connected=2 q0", "$SYS/broker/clients/maximum=2 q0", "$SYS/broker/clients/total=2 q0"],
            client.Seen().Order(StringComparer.Ordinal));
        other.ExpectNothing();
    }

    [Fact]
    public void The_uptime_goes_up()
    {
        using var broker = new TestBroker(sysInterval: _interval);
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "c", KeepAlive = 3_600 });
        client.SubscribeTo("$SYS/broker/uptime");
        broker.Advance(3 * _interval);

        long[] seconds = [.. client.Messages().Select(m => long.Parse(m.Text.Split(' ')[0], CultureInfo.InvariantCulture))];

        Assert.Equal([0, 10, 20, 30], seconds);
    }

    [Fact]
    public void Turned_off_there_is_none()
    {
        using var broker = new TestBroker(sysInterval: TimeSpan.Zero);
        TestClient client = broker.Connect("c");

        client.SubscribeTo("$SYS/#");
        broker.Advance(TimeSpan.FromSeconds(50));

        client.ExpectNothing();
    }

    private static string Value(TestBroker broker, string name)
    {
        using Message message = new(broker, "$SYS/broker/" + name);
        return message.Text;
    }

    /// <summary>What is retained on a topic, read without a client that would change the counters.</summary>
    private sealed class Message(TestBroker broker, string topic) : IDisposable
    {
        private readonly Broker.Core.Messages.Message _message =
            broker.Broker.Context.Retained.Get(System.Text.Encoding.UTF8.GetBytes(topic))
            ?? throw new InvalidOperationException($"Nothing is retained on {topic}");

        public string Text => System.Text.Encoding.UTF8.GetString(_message.Payload);

        public void Dispose() => _message.Release();
    }
}
