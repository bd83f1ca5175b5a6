using Broker.Conformance.Tests.Subscribe;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Access;

/// <summary>Change-only delivery under rights that come and go: nothing leaks, and in the end everybody has the last value.</summary>
public sealed class ChangeRevocationTests
{
    private const string Everything = "allow * #";
    private const string NotSecret = "deny receive secret/#";

    [Fact]
    public void A_change_that_waits_for_a_slow_client_is_not_sent()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("$changes/#");
        subscriber.Stall();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("open", "0");
        for (int i = 1; i <= 3; i++) publisher.Publish("secret/a", $"{i}");

        rights.Change(broker, Everything, NotSecret);
        subscriber.Unstall();

        Assert.Equal(["open=0 q0"], subscriber.Seen());
    }

    [Fact]
    public void A_value_held_for_the_minimum_interval_is_not_sent()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = Options(broker, "min-interval", "5");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1");
        publisher.Publish("secret/a", "2");
        Assert.Equal(["secret/a=1 q0"], subscriber.Seen());

        rights.Change(broker, Everything, NotSecret);
        broker.Advance(TimeSpan.FromSeconds(6));

        subscriber.ExpectNothing();
    }

    [Fact]
    public void An_unchanged_value_is_not_repeated_after_the_maximum_silence()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = Options(broker, "max-silence", "5");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1");
        Assert.Equal(["secret/a=1 q0"], subscriber.Seen());

        rights.Change(broker, Everything, NotSecret);
        broker.Advance(TimeSpan.FromSeconds(6));
        publisher.Publish("secret/a", "1");
        broker.Advance(TimeSpan.FromSeconds(6));

        subscriber.ExpectNothing();
    }

    [Theory]
    [InlineData("")]
    [InlineData("deadband")]
    public void Who_gets_the_right_back_gets_the_value_that_was_kept_from_it(string option)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = option.Length == 0 ? Options(broker) : Options(broker, option, "0.5");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1");
        rights.Change(broker, Everything, NotSecret);
        publisher.Publish("secret/a", "2");
        Assert.Equal(["secret/a=1 q0"], subscriber.Seen());

        rights.Change(broker, Everything);
        publisher.Publish("secret/a", "2");

        Assert.Equal("2", subscriber.Messages()[^1].Text);
    }

    [Fact]
    public void Who_got_the_right_back_while_away_gets_the_value_when_it_is_back()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.SubscribeTo("$changes/secret/a", 1);
        TestClient publisher = broker.Connect("publisher");
        rights.Change(broker, Everything, NotSecret);
        publisher.Publish("secret/a", "1", 1);
        subscriber.ExpectNothing();
        subscriber.Drop();

        rights.Change(broker, Everything);
        subscriber = broker.Resume("subscriber");

        Assert.Equal("1", Assert.Single(subscriber.Messages()).Text);
    }

    [Fact]
    public void Who_missed_nothing_is_sent_nothing_when_rights_change()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = Options(broker);
        broker.Connect("publisher").Publish("secret/a", "1");
        Assert.Single(subscriber.Seen());

        rights.Change(broker, Everything, NotSecret);
        rights.Change(broker, Everything);

        subscriber.ExpectNothing();
    }

    [Fact]
    public void Changes_are_asked_for_as_the_filter_behind_the_prefix()
    {
        using TestBroker broker = new TestRights("allow subscribe open/#", "allow publish #").Broker();
        TestClient client = broker.Connect("c");

        Assert.Equal(ReasonCode.GrantedQos0, client.SubscribeTo("$changes/open/#")[0]);
        Assert.Equal(ReasonCode.GrantedQos0, client.SubscribeTo("$share/g/$changes/open/+")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("$changes/secret/#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("$share/g/$changes/secret/+")[0]);
    }

    private static TestClient Options(TestBroker broker, params string[] option)
    {
        TestClient client = broker.Connect("subscriber");
        var properties = new Properties();
        if (option.Length > 0) properties.User(option[0], option[1]);
        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, properties, new SubscribeFilter("$changes/secret/a")));
        client.Expect<ServerPacket.SubAck>();
        return client;
    }
}
