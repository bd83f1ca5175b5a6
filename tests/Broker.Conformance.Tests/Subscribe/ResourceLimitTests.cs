using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>Bounds of what is retained: at, below and above.</summary>
public sealed class ResourceLimitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_retained_message_too_many_is_refused_and_not_stored(int qos)
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 3 });
        TestClient publisher = broker.Connect("p");
        TestClient live = broker.Connect("live");
        live.SubscribeTo("t/+");

        for (int i = 0; i < 3; i++) Assert.Equal(ReasonCode.Success, publisher.Publish($"t/{i}", "x", qos, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/3", "x", qos, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.Publish("t/1", "replaced", qos, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.Publish("t/3", "", qos, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.Publish("t/3", "not retained", qos));

        Assert.Equal(["t/0=x q0 retained", "t/1=replaced q0 retained", "t/2=x q0 retained"], Replayed(broker));
        Assert.Equal(ReasonCode.Success, publisher.Publish("t/0", "", qos, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.Publish("t/3", "fits now", qos, retain: true));
        Assert.Equal(["t/1=replaced q0 retained", "t/2=x q0 retained", "t/3=fits now q0 retained"], Replayed(broker));
        Assert.DoesNotContain("t/3=x q0", live.Seen()); // who was refused reached nobody
    }

    [Fact]
    public void Bytes_of_retained_messages_are_bounded()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedBytes = 1_000 });
        TestClient publisher = broker.Connect("p");
        string half = new('x', 500 - 2 - 3); // with its topic in wire form 500 bytes

        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/0", half, 1, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/1", half + "y", 1, retain: true));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/1", half, 1, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/2", "y", 1, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/1", half + "y", 1, retain: true)); // a replacement that grows
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/1", half, 1, retain: true));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/1", "small", 1, retain: true));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/2", "y", 1, retain: true));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/0", "", 1, retain: true));

        Assert.Equal(["t/1=small q0 retained", "t/2=y q0 retained"], Replayed(broker));
    }

    [Fact]
    public void Clients_that_come_and_go_do_not_use_up_what_clients_may_retain()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 2, RetainedBytes = 100 });
        for (int i = 0; i < 50; i++) broker.Connect($"client {i}").Disconnect();
        TestClient publisher = broker.Connect("p");

        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/0", "x", 1, retain: true));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("t/1", "x", 1, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/2", "x", 1, retain: true));
    }

    [Fact]
    public void With_a_limit_of_none_nothing_can_be_retained_and_presence_still_is()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 0 });
        TestClient publisher = broker.Connect("p");

        Assert.Equal(ReasonCode.QuotaExceeded, publisher.Publish("t/0", "x", 1, retain: true));

        publisher.SubscribeTo("$presence/p");
        Assert.Equal("$presence/p", Assert.Single(publisher.Messages()).Topic);
    }

    [Fact]
    [Clause("V311:MQTT-3.3.5-2")]
    public void An_older_client_that_would_pass_it_is_disconnected_and_at_qos_0_the_message_is_dropped()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 1 });
        TestClient publisher = broker.Connect("p", ProtocolVersion.V311);
        publisher.Publish("t/0", "x", 1, retain: true);

        publisher.Send(ClientPackets.Publish(ProtocolVersion.V311, "t/1", "x", retain: true));
        publisher.ExpectNothing();
        publisher.Send(ClientPackets.Publish(ProtocolVersion.V311, "t/1", "x", QualityOfService.AtLeastOnce, 1, retain: true));
        publisher.ExpectClosed();

        Assert.Equal(["t/0=x q0 retained"], Replayed(broker));
    }

    [Fact]
    public void A_flood_of_retained_topics_stops_at_the_limit()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 1_000 });
        TestClient publisher = broker.Connect("p");

        for (int i = 0; i < 3_000; i++) publisher.Publish($"t/{i}", "x", retain: true);

        Assert.Equal(1_000, Replayed(broker).Length);
        for (int i = 0; i < 3_000; i++) publisher.Publish($"t/{i}", "", retain: true);
        Assert.Empty(Replayed(broker));
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static string[] Replayed(TestBroker broker)
    {
        TestClient client = broker.Connect("replay");
        client.SubscribeTo("t/+");
        return [.. client.Seen().Order(StringComparer.Ordinal)];
    }
}
