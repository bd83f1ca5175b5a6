using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>What an MQTT 5 client says about changes in the user properties of its SUBSCRIBE.</summary>
public sealed class ChangeOptionTests
{
    [Fact]
    public void A_deadband_lets_pass_what_leaves_it_and_reports_a_slow_drift()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("deadband", "1"));

        Publish(broker, "t", "20", "20.5", "21", "21.1", "21.5", "22.2", "abc", "abc", "22");

        Assert.Equal(["t=20", "t=21.1", "t=22.2", "t=abc", "t=abc", "t=22"], subscriber.Received());
    }

    [Fact]
    public void A_deadband_may_be_a_percentage()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("deadband", "10%"));

        Publish(broker, "t", "100", "109", "110", "111", "-5", "-5.4", "-5.6");

        Assert.Equal(["t=100", "t=111", "t=-5", "t=-5.6"], subscriber.Received());
    }

    [Fact]
    public void A_pointer_makes_everything_else_in_a_document_not_count()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("pointer", "/value"), ("pointer", "/unit"));

        Publish(broker, "t", """{"at":1,"value":5,"unit":"C"}""", """{"at":2,"value":5,"unit":"C"}""", """{"at":3,"value":5,"unit":"F"}""", """{"at":4,"value":6,"unit":"F"}""", "no json");

        Assert.Equal(
            ["""t={"at":1,"value":5,"unit":"C"}""", """t={"at":3,"value":5,"unit":"F"}""", """t={"at":4,"value":6,"unit":"F"}""", "t=no json"],
            subscriber.Received());
    }

    [Fact]
    public void A_deadband_applies_to_the_number_that_a_pointer_finds()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("pointer", "/v"), ("deadband", "0.5"));

        Publish(broker, "t", """{"v":1,"n":1}""", """{"v":1.4,"n":2}""", """{"v":1.6,"n":3}""", """{"v":"x","n":4}""");

        Assert.Equal(["""t={"v":1,"n":1}""", """t={"v":1.6,"n":3}""", """t={"v":"x","n":4}"""], subscriber.Received());
    }

    [Fact]
    public void After_the_maximum_silence_an_unchanged_value_goes_out_again()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("max-silence", "10"));
        Publish(broker, "t", "1", "1");
        Assert.Equal(["t=1"], subscriber.Received());

        broker.Advance(TimeSpan.FromSeconds(9));
        Publish(broker, "t", "1");
        Assert.Empty(subscriber.Received());

        broker.Advance(TimeSpan.FromSeconds(2));
        Publish(broker, "t", "1", "1");
        Assert.Equal(["t=1"], subscriber.Received());
    }

    [Fact]
    public void Within_the_minimum_interval_the_newest_value_waits_for_its_end()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("min-interval", "5"));

        Publish(broker, "t", "1", "2", "3", "4");
        Assert.Equal(["t=1"], subscriber.Received());
        broker.Advance(TimeSpan.FromSeconds(4.8));
        Assert.Empty(subscriber.Received());
        broker.Advance(TimeSpan.FromSeconds(0.4));

        Assert.Equal(["t=4"], subscriber.Received());
        broker.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(subscriber.Received());
    }

    [Fact]
    public void A_value_that_went_back_within_the_minimum_interval_is_not_sent()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("min-interval", "5"));

        Publish(broker, "t", "1", "2", "1");
        broker.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["t=1"], subscriber.Received());
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [InlineData("deadband", "-1", "not negative")]
    [InlineData("deadband", "five", "percentage")]
    [InlineData("deadband", "NaN", "percentage")]
    [InlineData("pointer", "value", "RFC 6901")]
    [InlineData("pointer", "/a~2", "RFC 6901")]
    [InlineData("min-interval", "0", "seconds above 0")]
    [InlineData("min-interval", "soon", "seconds above 0")]
    [InlineData("max-silence", "-3", "seconds above 0")]
    public void An_option_that_cannot_be_read_is_refused_with_what_is_allowed(string name, string value, string says)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("subscriber");

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new Properties().User(name, value), new SubscribeFilter("$changes/t")));

        var answer = client.Expect<ServerPacket.SubAck>();
        Assert.Equal(ReasonCode.ImplementationSpecificError, answer.ReasonCodes[0]);
        Assert.Contains(says, answer.ReasonString, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_mean_nothing_to_an_ordinary_subscription()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("subscriber");

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new Properties().User("deadband", "x"), new SubscribeFilter("t")));

        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.SubAck>().ReasonCodes[0]);
    }

    [Fact]
    public void The_minimum_interval_of_a_shared_group_is_one_for_all_members()
    {
        using var broker = new TestBroker();
        TestClient one = broker.Connect("one");
        TestClient other = broker.Connect("other");
        TestClient publisher = broker.Connect("publisher");
        one.SubscribeToChanges("$share/g/$changes/t", 0, ("min-interval", "1"));
        other.SubscribeToChanges("$share/g/$changes/t", 0, ("min-interval", "1"));

        publisher.PublishAll("t", "1", "2", "3");
        Assert.Equal(["1"], [.. one.Values(), .. other.Values()]);
        broker.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["3"], [.. one.Values(), .. other.Values()]);
    }

    [Fact]
    public void Subscribing_again_with_other_options_begins_anew()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("deadband", "100"));
        Publish(broker, "t", "1", "2");
        Assert.Equal(["t=1"], subscriber.Received());

        Ask(subscriber, "t", ("deadband", "1"));

        Assert.Equal(["t=2"], subscriber.Received()); // the value of this moment comes first
        Publish(broker, "t", "2.5", "3.5");
        Assert.Equal(["t=3.5"], subscriber.Received());
    }

    [Fact]
    public void A_subscriber_with_a_deadband_that_does_not_read_converges_within_the_band()
    {
        using var broker = new TestBroker();
        Subscriber subscriber = Subscribe(broker, "t", ("deadband", "1"));
        Publish(broker, "t", "10");
        subscriber.Received();
        subscriber.Client.Stall();
        Publish(broker, "other", "held up");
        Publish(broker, "t", "20");
        Publish(broker, "t", "30");
        Publish(broker, "t", "10.5");

        subscriber.Client.Unstall();

        Assert.Empty(subscriber.Received()); // it has 10, and 10.5 is within the band
    }

    private static Subscriber Subscribe(TestBroker broker, string topic, params (string Name, string Value)[] options)
    {
        var subscriber = Subscriber.Connect(broker, "subscriber");
        Ask(subscriber, topic, options);
        return subscriber;
    }

    private static void Ask(Subscriber subscriber, string topic, params (string Name, string Value)[] options)
    {
        var properties = new Properties();
        foreach ((string name, string value) in options) properties.User(name, value);
        subscriber.Client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, properties, new SubscribeFilter("$changes/" + topic)));
        Assert.Equal(ReasonCode.Success, subscriber.Client.Expect<ServerPacket.SubAck>().ReasonCodes[0]);
    }

    private static void Publish(TestBroker broker, string topic, params string[] payloads)
    {
        TestClient publisher = broker.Connect("publisher");
        foreach (string payload in payloads) publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, payload));
        publisher.Disconnect();
    }
}
