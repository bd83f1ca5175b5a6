using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>What makes the broker publish a will, and what does not: 3.1.2.5 and 3.14.4.</summary>
public sealed class WillTriggerTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-7")]
    [Clause("MQTT-3.1.2-8")]
    [Clause("V311:MQTT-3.1.2-8")]
    public void A_lost_network_publishes_the_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker, version);
        watcher.ExpectNothing();

        client.Drop();

        Assert.Equal("gone", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-8")]
    [Clause("MQTT-3.1.2-22")]
    public void A_keep_alive_that_passes_publishes_the_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, version, new ConnectOptions { KeepAlive = 10 });

        broker.Advance(TimeSpan.FromSeconds(15.1));

        Assert.Equal("gone", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-8")]
    public void A_client_that_breaks_the_protocol_has_its_will_published(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker, version);

        client.Send([0x36, 0x00]); // QoS 3

        Assert.True(client.IsClosed);
        Assert.Equal("gone", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-10")]
    [Clause("MQTT-3.14.4-3")]
    [Clause("V311:MQTT-3.1.2-10")]
    [Clause("V311:MQTT-3.14.4-3")]
    public void DISCONNECT_discards_the_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker, version, new ConnectOptions { CleanStart = false, Properties = new Properties().SessionExpiryInterval(5) });

        client.Disconnect();
        broker.Elapse(10); // the session ends too, in MQTT 5
        TestClient again = broker.Resume("client", version);
        again.Drop();

        watcher.ExpectNothing();
    }

    [Theory]
    [InlineData(0x04)]
    [InlineData(0x80)]
    [InlineData(0x81)]
    [InlineData(0x82)]
    [InlineData(0x83)]
    [InlineData(0x90)]
    [InlineData(0x93)]
    [InlineData(0x94)]
    [InlineData(0x95)]
    [InlineData(0x96)]
    [InlineData(0x97)]
    [InlineData(0x98)]
    [InlineData(0x99)]
    [Clause("MQTT-3.1.2-8")]
    public void DISCONNECT_with_another_reason_than_0_publishes_the_will(byte reason)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker, ProtocolVersion.V5);

        client.Disconnect((ReasonCode)reason);

        Assert.Equal("gone", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-10")]
    [Clause("V311:MQTT-3.1.2-10")]
    public void A_will_is_published_once(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, version, new ConnectOptions { CleanStart = false, Properties = new Properties().SessionExpiryInterval(5) }).Drop();
        Assert.Equal("gone", watcher.NextText());

        TestClient again = broker.Resume("client", version, expirySeconds: 5); // without a will
        again.Drop();
        broker.Elapse(10);

        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("V311:MQTT-3.1.2-12")]
    public void Without_a_will_nothing_is_published(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("#");

        broker.Connect("client", version).Drop();

        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public async Task A_broker_that_stops_publishes_no_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, version);
        Connect(broker, version, new ConnectOptions { ClientId = "other", Properties = new Properties().SessionExpiryInterval(100) });

        await broker.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(watcher.All());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-2")]
    public void A_refused_client_leaves_no_will(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { Sessions = 1 });
        TestClient watcher = broker.Watch("#");

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, Will = new WillOptions("w", "gone"u8.ToArray()) });

        client.ExpectRefused(ReasonCode.QuotaExceeded);
        client.Drop();
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-8")]
    public void A_takeover_publishes_the_will_of_the_displaced_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, version, new ConnectOptions { CleanStart = false, Properties = new Properties().SessionExpiryInterval(100) });

        TestClient second = broker.Resume("client", version);

        Assert.Equal("gone", watcher.NextText());
        second.Disconnect();
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_new_CONNECT_brings_a_new_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, version, new ConnectOptions { CleanStart = false, Properties = new Properties().SessionExpiryInterval(100) }).Disconnect();

        TestClient second = broker.Connect(new ConnectOptions
        {
            Version = version,
            CleanStart = false,
            Will = new WillOptions("w", "second"u8.ToArray()),
        });
        second.Drop();

        Assert.Equal("second", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Fact]
    public void Wills_of_a_flood_leave_one_retained_message()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 1 });
        var will = new WillOptions("w", new byte[60_000]) { Retain = true };
        broker.Connect("client").Drop();
        (int presence, long bytes) = (broker.Broker.Context.Retained.Count, broker.Broker.Context.Retained.Bytes);

        for (int i = 0; i < 300; i++)
        {
            broker.Connect(new ConnectOptions { Version = ProtocolVersion.V5, Will = will }).Drop();
        }

        Assert.Equal(1, broker.Broker.Context.Retained.Count - presence);
        Assert.InRange(broker.Broker.Context.Retained.Bytes - bytes, 60_000, 62_000);
    }

    private static TestClient Connect(TestBroker broker, ProtocolVersion version, ConnectOptions? options = null) =>
        broker.Connect((options ?? new ConnectOptions()) with { Version = version, Will = new WillOptions("w", "gone"u8.ToArray()) });
}
