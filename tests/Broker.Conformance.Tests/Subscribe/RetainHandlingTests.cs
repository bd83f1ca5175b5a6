using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.3.1.3 and 3.8.3.1: Retain Handling with new, existing and kept subscriptions.</summary>
public sealed class RetainHandlingTests
{
    private static readonly string[] _kept = ["a=kept q1 retained"];

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [Clause("MQTT-3.3.1-9")]
    [Clause("MQTT-3.3.1-10")]
    [Clause("MQTT-3.3.1-11")]
    public void A_new_subscription(int handling, bool isSent)
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c");

        client.SubscribeTo(Filter(handling));

        Assert.Equal(isSent ? _kept : [], client.Seen());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [Clause("MQTT-3.3.1-9")]
    [Clause("MQTT-3.3.1-10")]
    [Clause("MQTT-3.3.1-11")]
    public void A_subscription_that_is_there(int handling, bool isSent)
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(Filter(2));

        client.SubscribeTo(Filter(handling));

        Assert.Equal(isSent ? _kept : [], client.Seen());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [Clause("MQTT-3.3.1-10")]
    public void A_subscription_of_a_kept_session(int handling, bool isSent)
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Resume("c");
        client.SubscribeTo(Filter(2));
        client.Drop();

        client = broker.Resume("c");
        Assert.Empty(client.Seen());
        client.SubscribeTo(Filter(handling));

        Assert.Equal(isSent ? _kept : [], client.Seen());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [Clause("MQTT-3.3.1-10")]
    public void After_unsubscribing_it_is_new_again(int handling)
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(Filter(2));
        client.UnsubscribeFrom("a");

        client.SubscribeTo(Filter(handling));

        Assert.Equal(_kept, client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.1-10")]
    public void After_a_clean_start_it_is_new_again()
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Resume("c");
        client.SubscribeTo(Filter(2));
        client.Drop();

        client = broker.Connect("c");
        client.SubscribeTo(Filter(1));

        Assert.Equal(_kept, client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.3.1-10")]
    public void An_overlapping_filter_is_another_subscription()
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(Filter(2));

        client.SubscribeTo(new SubscribeFilter("+", QualityOfService.AtLeastOnce, RetainHandling: RetainHandling.SendIfNew));

        Assert.Equal(_kept, client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.8.4-5")]
    public void The_second_of_two_equal_filters_in_a_packet_finds_the_first()
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c");

        client.SubscribeTo(Filter(2), Filter(1));

        Assert.Empty(client.Seen());
    }

    [Fact]
    public void Reconnecting_alone_replays_nothing()
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Resume("c");
        client.SubscribeTo(Filter(0));
        Assert.Equal(_kept, client.Seen());
        client.Drop();

        Assert.Empty(broker.Resume("c").Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Unsubscribing_and_disconnecting_do_not_touch_what_is_retained(ProtocolVersion version)
    {
        using TestBroker broker = WithRetained();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 1);
        Assert.Equal(_kept, client.Seen());
        client.UnsubscribeFrom("a");
        client.Disconnect();

        client = broker.Connect("c", version);
        client.SubscribeTo("a", 1);

        Assert.Equal(_kept, client.Seen());
    }

    private static SubscribeFilter Filter(int handling) => new("a", QualityOfService.AtLeastOnce, RetainHandling: (RetainHandling)handling);

    private static TestBroker WithRetained()
    {
        var broker = new TestBroker();
        broker.Connect("p").Publish("a", "kept", 1, retain: true);
        return broker;
    }
}
