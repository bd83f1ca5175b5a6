using Broker.Conformance.Tests.Subscribe;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Access;

/// <summary>Every way in is asked about, with everything that a rule can depend on.</summary>
public sealed class EntryTests
{
    [Theory]
    [InlineData("t", 0, false, ReasonCode.Success)]
    [InlineData("t", 1, false, ReasonCode.NoMatchingSubscribers)]
    [InlineData("t", 2, false, ReasonCode.NotAuthorized)]
    [InlineData("t", 1, true, ReasonCode.NotAuthorized)]
    [InlineData("other", 1, false, ReasonCode.NotAuthorized)]
    public void A_publication_is_asked_for_with_its_topic_QoS_and_RETAIN(string topic, int qos, bool retain, ReasonCode expected)
    {
        using TestBroker broker = new TestRights("allow publish t qos<=1", "deny retain t").Broker();

        Assert.Equal(expected, broker.Connect("c").Publish(topic, "x", qos, retain));
    }

    [Fact]
    public void A_topic_alias_is_worth_what_its_topic_is_worth_now()
    {
        var rights = new TestRights("allow * #");
        using TestBroker broker = rights.Broker();
        TestClient publisher = broker.Connect("publisher");
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("#");
        publisher.Publish("t", "1", 0, properties: new Properties().TopicAlias(1));

        rights.Change(broker, "allow subscribe #", "deny publish t", "allow publish other");
        ReasonCode denied = publisher.Publish("", "2", 1, properties: new Properties().TopicAlias(1));

        Assert.Equal(ReasonCode.NotAuthorized, denied);
        Assert.Equal(["t=1 q0"], subscriber.Seen());
    }

    [Theory]
    [InlineData("allow will w", true)]
    [InlineData("allow publish w", true)]
    [InlineData("allow publish other", false)]
    [InlineData("allow publish w qos<=0", false)]
    [InlineData("allow publish w retain=no", false)]
    public void A_will_is_asked_for_at_CONNECT(string rule, bool isAllowed)
    {
        using TestBroker broker = new TestRights(rule).Broker();
        TestClient client = broker.Open();

        client.Send(ClientPackets.Connect(new ConnectOptions { ClientId = "c", Will = new WillOptions("w", [1]) { Qos = QualityOfService.AtLeastOnce, Retain = true } }));

        Assert.Equal(isAllowed ? ReasonCode.Success : ReasonCode.NotAuthorized, client.Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    [Fact]
    public void A_will_whose_right_was_taken_away_is_not_published()
    {
        var rights = new TestRights("allow * #");
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("#");
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "c", Will = new WillOptions("w", [1]) });

        rights.Change(broker, "allow * #", "c: deny will w");
        client.Drop();

        subscriber.ExpectNothing();
    }

    [Fact]
    public void A_subscription_is_granted_at_the_highest_QoS_that_is_allowed()
    {
        using TestBroker broker = new TestRights("allow subscribe t qos<=1").Broker();
        TestClient client = broker.Connect("c");

        Assert.Equal(ReasonCode.GrantedQos1, client.SubscribeTo("t", 2)[0]);
        Assert.Equal(ReasonCode.GrantedQos0, client.SubscribeTo("t")[0]);
    }

    [Fact]
    public void A_filter_that_reaches_into_what_is_denied_is_refused()
    {
        using TestBroker broker = new TestRights("allow subscribe #", "deny subscribe secret/#").Broker();
        TestClient client = broker.Connect("c");

        foreach (string filter in (string[])["#", "+/k", "secret/+", "secret", "$share/g/#", "+/#"])
        {
            Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo(filter)[0]);
        }

        Assert.Equal(ReasonCode.GrantedQos0, client.SubscribeTo("open/#")[0]);
    }

    [Fact]
    public void The_brokers_own_topics_need_a_rule_of_their_own()
    {
        var rights = new TestRights("allow * #", "operator: allow subscribe $SYS/#", "operator: allow subscribe $presence/+");
        using TestBroker broker = rights.Broker(sysInterval: TimeSpan.FromSeconds(10));
        TestClient client = broker.Connect("c");
        TestClient @operator = broker.Connect("operator");

        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("$SYS/#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("$presence/+")[0]);
        Assert.Equal(ReasonCode.GrantedQos0, @operator.SubscribeTo("$SYS/broker/version")[0]);
        Assert.Single(@operator.Messages());
        Assert.Equal(ReasonCode.GrantedQos0, @operator.SubscribeTo("$presence/c")[0]);
        Assert.Single(@operator.Messages());
        Assert.Equal(ReasonCode.NotAuthorized, client.Publish("$SYS/broker/version", "0", 1));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("+")]
    [InlineData("#")]
    [InlineData("$SYS")]
    public void A_client_identifier_that_is_no_level_opens_nothing(string clientId)
    {
        using TestBroker broker = new TestRights("allow * {clientid}/#", "allow * own/{clientid}/#").Broker();
        TestClient client = broker.Connect(clientId);
        bool isLevel = clientId == "$SYS"; // behind the first level it is one like any other

        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo($"{(clientId == "$SYS" ? "$SYS" : "a")}/#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("own/#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("own/a/#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.Publish("own/a/b", "x", 1));
        Assert.Equal(isLevel ? ReasonCode.NoMatchingSubscribers : ReasonCode.NotAuthorized, client.Publish("own/$SYS/b", "x", 1));
    }

    [Fact]
    public void An_authorizer_that_fails_has_denied()
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Failing() }) { ToleratesErrors = true };
        TestClient client = broker.Connect("c");

        Assert.Equal(ReasonCode.NotAuthorized, client.SubscribeTo("fails")[0]);
        Assert.Equal(ReasonCode.GrantedQos0, client.SubscribeTo("#")[0]);
        Assert.Equal(ReasonCode.NotAuthorized, client.Publish("fails", "x", 1));
        Assert.Equal(ReasonCode.Success, client.Publish("hides", "x", 1));

        client.ExpectNothing();
        Assert.Single(broker.Log, entry => entry.Text.StartsWith("The authorizer failed", StringComparison.Ordinal));
    }

    private sealed class Failing : IAuthorizer
    {
        public bool IsAllowed(in AccessRequest request)
        {
            bool fails = request.Topic.SequenceEqual("fails"u8) || (request.Action == AccessAction.Receive && request.Topic.SequenceEqual("hides"u8));
            return fails ? throw new InvalidOperationException("the rules are broken") : true;
        }
    }
}
