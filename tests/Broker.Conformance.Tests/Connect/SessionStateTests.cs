using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.1.2.4 and 4.1: when a session begins, goes on and ends.</summary>
public sealed class SessionStateTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-4")]
    [Clause("MQTT-3.1.4-4")]
    [Clause("V311:MQTT-3.1.2-6")]
    [Clause("V311:MQTT-3.1.4-3")]
    public void A_clean_start_discards_what_the_earlier_session_had(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);
        first.Subscribe("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Send(ClientPackets.Publish(version, "a", "in flight", QualityOfService.AtLeastOnce, 1));
        first.Drop();
        publisher.Send(ClientPackets.Publish(version, "a", "waiting", QualityOfService.AtLeastOnce, 2));

        TestClient clean = broker.Connect("client", version);
        publisher.Send(ClientPackets.Publish(version, "a", "later", QualityOfService.AtLeastOnce, 3));

        clean.ExpectNothing();
        clean.Drop();
        Assert.False(broker.Resume("client", version).ConnAck.SessionPresent); // nor did the clean one leave anything
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-5")]
    [Clause("MQTT-3.1.2-23")]
    [Clause("MQTT-3.1.3-2")]
    [Clause("V311:MQTT-3.1.2-4")]
    [Clause("V311:MQTT-3.1.2-5")]
    [Clause("V311:MQTT-3.1.3-2")]
    public void A_kept_session_goes_on_with_its_subscriptions_and_messages(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);
        first.Subscribe("a", QualityOfService.ExactlyOnce);
        first.Disconnect();
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Send(ClientPackets.Publish(version, "a", "1", QualityOfService.AtLeastOnce, 1));
        publisher.Send(ClientPackets.Publish(version, "a", "2", QualityOfService.ExactlyOnce, 2));

        TestClient second = broker.Resume("client", version);
        publisher.Send(ClientPackets.Publish(version, "a", "3"));

        Assert.Equal(version != ProtocolVersion.V31, second.ConnAck.SessionPresent);
        Assert.Equal(["1", "2", "3"], second.All().Cast<ServerPacket.Publish>().Select(p => p.Text));
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-6")]
    [Clause("MQTT-3.2.2-3")]
    public void Without_a_session_one_is_made(ProtocolVersion version)
    {
        using var broker = new TestBroker();

        TestClient client = broker.Resume("client", version);

        Assert.False(client.ConnAck.SessionPresent);
        client.Subscribe("a", QualityOfService.AtLeastOnce);
    }

    [Theory]
    [InlineData(ProtocolVersion.V5, ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V311, ProtocolVersion.V5)]
    [InlineData(ProtocolVersion.V31, ProtocolVersion.V5)]
    public void A_client_may_come_back_with_another_version(ProtocolVersion before, ProtocolVersion after)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", before);
        first.Subscribe("a", QualityOfService.AtLeastOnce);
        first.Drop();
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1", QualityOfService.AtLeastOnce, 1));

        TestClient second = broker.Resume("client", after);

        Assert.True(second.ConnAck.SessionPresent);
        Assert.Equal("1", second.NextText());
    }

    [Theory]
    [InlineData("sensor", "sensor_meta")]
    [InlineData("sensor", "Sensor")]
    [InlineData("\u00E9", "e\u0301")] // the same letter, composed and decomposed
    [InlineData("a", " a")]
    [InlineData("../../x", "x")]
    [InlineData("a/b", "a")]
    [InlineData("Aa", "BB")] // equal under some well-known hashes
    [Clause("MQTT-3.1.3-2")]
    public void Identifiers_that_are_not_equal_byte_by_byte_are_two_clients(string one, string other)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume(one);
        first.Subscribe("for/one", QualityOfService.AtLeastOnce);

        TestClient second = broker.Resume(other);
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "for/one", "1", QualityOfService.AtLeastOnce, 1));

        Assert.False(second.ConnAck.SessionPresent);
        Assert.Equal("1", first.NextText());
        second.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-4.1.0-1")]
    [Clause("V311:MQTT-4.1.0-1")]
    [Clause("V311:MQTT-4.1.0-2")]
    public void A_session_lasts_while_its_connection_is_open(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { SessionExpiry = TimeSpan.FromSeconds(1) });
        TestClient client = broker.Connect(new ConnectOptions { Version = version, KeepAlive = 0 });
        client.Subscribe("a", QualityOfService.AtLeastOnce);

        broker.Elapse(600);
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1", QualityOfService.AtLeastOnce, 1));

        Assert.Equal("1", client.NextText());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("V311:MQTT-3.1.2-7")]
    public void Retained_messages_stay_when_their_publishers_session_ends(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Send(ClientPackets.Publish(version, "a", "kept", retain: true));
        publisher.Disconnect();
        broker.Connect("publisher", version).Drop();

        TestClient subscriber = broker.Watch("a");

        Assert.Equal("kept", subscriber.NextText());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void At_the_limit_of_sessions_known_clients_come_in_and_new_ones_do_not(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { Sessions = 2 });
        broker.Resume("kept", version).Drop();
        TestClient connected = broker.Connect("connected", version);

        TestClient refused = broker.SendConnect(new ConnectOptions { Version = version, ClientId = "new" });
        TestClient again = broker.Resume("kept", version);
        connected.Disconnect();
        broker.Connect("new", version);

        refused.ExpectRefused(ReasonCode.QuotaExceeded);
        Assert.Equal(version != ProtocolVersion.V31, again.ConnAck.SessionPresent);
    }

    [Fact]
    public void A_flood_of_client_identifiers_leaves_as_many_sessions_as_allowed()
    {
        using var broker = new TestBroker(new BrokerLimits { Sessions = 100 });
        int accepted = 0;

        for (int i = 0; i < 1_000; i++)
        {
            TestClient client = broker.SendConnect(new ConnectOptions
            {
                ClientId = $"random-{i}",
                CleanStart = false,
                Properties = new Properties().SessionExpiryInterval(uint.MaxValue),
            });
            if (client.Expect<ServerPacket.ConnAck>().ReasonCode == ReasonCode.Success) accepted++;
            client.Drop();
        }

        Assert.Equal(100, accepted);
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }
}
