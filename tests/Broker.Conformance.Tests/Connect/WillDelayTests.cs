using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Will Delay Interval (3.1.3.2.2), and what ends it early.</summary>
public sealed class WillDelayTests
{
    [Fact]
    [Clause("MQTT-3.1.2-8")]
    public void The_will_waits_for_its_delay()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Drop();

        broker.Advance(TimeSpan.FromSeconds(9.9));
        watcher.ExpectNothing();
        broker.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal("gone", watcher.NextText());
        broker.Elapse(120);
        watcher.ExpectNothing();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    [InlineData(10u)]
    [Clause("MQTT-3.1.2-8")]
    public void The_will_goes_with_its_session_where_that_ends_sooner(uint expiry)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry).Drop();

        if (expiry > 0)
        {
            broker.Advance(TimeSpan.FromSeconds(expiry - 0.1));
            watcher.ExpectNothing();
            broker.Advance(TimeSpan.FromSeconds(0.2));
        }

        Assert.Equal("gone", watcher.NextText());
        broker.Elapse(20);
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.2-8")]
    public void The_longest_delay_still_ends_with_the_session()
    {
        using var broker = new TestBroker(new BrokerLimits { SessionExpiry = TimeSpan.FromSeconds(20) });
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: uint.MaxValue, expiry: uint.MaxValue).Drop();

        broker.Elapse(19);
        watcher.ExpectNothing();
        broker.Elapse(2);

        Assert.Equal("gone", watcher.NextText());
    }

    [Fact]
    [Clause("MQTT-3.1.3-9")]
    public void A_client_that_is_back_in_time_keeps_its_will_to_itself()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Drop();
        broker.Elapse(9);

        TestClient again = broker.Resume("client");
        broker.Elapse(20);
        again.Drop(); // it left no will this time
        broker.Elapse(20);

        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.3-9")]
    public void A_client_that_is_back_too_late_does_not()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Drop();
        broker.Elapse(11);

        Assert.True(broker.Resume("client").ConnAck.SessionPresent);

        Assert.Equal("gone", watcher.NextText());
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.3-9")]
    public void A_takeover_within_the_session_does_not_publish_a_delayed_will()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient first = Connect(broker, delay: 10, expiry: 100);

        TestClient second = broker.Resume("client");
        broker.Elapse(20);

        first.ExpectClosed(ReasonCode.SessionTakenOver);
        second.ExpectNothing();
        watcher.ExpectNothing();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Clause("MQTT-3.1.2-8")]
    public void A_clean_start_ends_the_session_and_publishes_a_delayed_will(bool isConnected)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient first = Connect(broker, delay: 10, expiry: 100);
        if (!isConnected) first.Drop();
        watcher.ExpectNothing();

        broker.Connect("client");

        Assert.Equal("gone", watcher.NextText());
        broker.Elapse(20);
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.2-8")]
    public void A_takeover_that_ends_the_session_publishes_a_delayed_will()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 0);

        TestClient second = broker.Resume("client");

        Assert.False(second.ConnAck.SessionPresent);
        Assert.Equal("gone", watcher.NextText());
        broker.Elapse(20);
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.2-8")]
    public void DISCONNECT_0x04_starts_the_delay()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Disconnect(ReasonCode.DisconnectWithWillMessage);

        broker.Elapse(9);
        watcher.ExpectNothing();
        broker.Elapse(2);

        Assert.Equal("gone", watcher.NextText());
    }

    [Fact]
    public void DISCONNECT_0x04_that_ends_the_session_publishes_at_once()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker, delay: 10, expiry: 100);

        client.Send(ClientPackets.Disconnect(
            ProtocolVersion.V5, ReasonCode.DisconnectWithWillMessage, new Properties().SessionExpiryInterval(0)));

        Assert.Equal("gone", watcher.NextText());
    }

    [Fact]
    [Clause("MQTT-3.14.4-3")]
    public void DISCONNECT_discards_a_will_with_a_delay()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Disconnect();

        broker.Elapse(120);

        watcher.ExpectNothing();
    }

    [Fact]
    public async Task A_delayed_will_is_not_published_by_a_stop()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        Connect(broker, delay: 10, expiry: 100).Drop();

        await broker.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(watcher.All());
    }

    private static TestClient Connect(TestBroker broker, uint delay, uint expiry) => broker.Connect(new ConnectOptions
    {
        CleanStart = false,
        Properties = new Properties().SessionExpiryInterval(expiry),
        Will = new WillOptions("w", "gone"u8.ToArray()) { Properties = new Properties().WillDelayInterval(delay) },
    });
}
