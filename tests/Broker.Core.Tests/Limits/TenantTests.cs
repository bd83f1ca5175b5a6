using System.Text;
using Broker.Core.Limits;
using Broker.Core.Polling;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>Two tenants on one broker know nothing of each other; whoever is in none sees all of it by its full name.</summary>
public sealed class TenantTests
{
    private static readonly BudgetOptions _two = new()
    {
        Tenants = [new TenantOptions("acme") { Endpoints = ["A"] }, new TenantOptions("bolt") { Endpoints = ["B"], Users = ["bolt-*"] }],
    };

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a/b", "#")]
    [InlineData("a/b", "+/b")]
    [InlineData("/a", "/+")]
    [InlineData("a", "a/#")]
    [InlineData("$x/a", "$x/#")]
    [InlineData("$x", "$x")]
    [InlineData("$x", "$x/#")]
    [InlineData("a/b", "$share/g/a/+")]
    [InlineData("a/b", "$changes/a/+")]
    [InlineData("a/b", "$share/g/$changes/#")]
    [InlineData("acme/a", "acme/#")]
    public void A_topic_reaches_its_own_tenant_as_it_was_published_and_no_other(string topic, string filter)
    {
        using var broker = new LimitCase(_two);
        TestClient own = Subscriber(broker, "A", filter);
        TestClient other = Subscriber(broker, "B", filter);
        TestClient outside = Subscriber(broker, "Test", filter);

        broker.Connect("p", endpoint: "A").Send(LimitCase.Publish(topic));

        Assert.Equal(topic, own.Expect<ServerPacket.Publish>().Topic);
        other.ExpectNothing();
        bool reachesInside = filter is "#" or "$share/g/$changes/#" or "$x/#" or "acme/#"; // by full names
        if (!reachesInside) outside.ExpectNothing();
    }

    [Fact]
    public void Whoever_is_in_no_tenant_sees_and_says_full_topics()
    {
        using var broker = new LimitCase(_two);
        TestClient outside = Subscriber(broker, "Test", "#");
        TestClient inside = Subscriber(broker, "A", "#");

        broker.Connect("p", endpoint: "A").Send(LimitCase.Publish("a/b"));
        outside.Send(LimitCase.Publish("acme/from/outside"), LimitCase.Publish("acme"), LimitCase.Publish("acme/$x"), LimitCase.Publish("elsewhere"));

        Assert.Equal(["acme/a/b", "acme/from/outside", "acme", "acme/$x", "elsewhere"], Topics(outside));
        Assert.Equal(["a/b", "from/outside"], Topics(inside)); // "acme" itself is nobody's
    }

    [Fact]
    public void Retained_messages_wills_and_aliases_stay_inside()
    {
        using var broker = new LimitCase(_two);
        var will = new ConnectOptions { Will = new WillOptions("will", [1]) };
        TestClient publisher = broker.Connect("p", endpoint: "A", options: will);
        publisher.Send(
            ClientPackets.Publish(ProtocolVersion.V5, "kept", "1", retain: true),
            ClientPackets.Publish(ProtocolVersion.V5, "alias", "1", properties: new Properties().TopicAlias(1)),
            ClientPackets.Publish(ProtocolVersion.V5, "", "2", properties: new Properties().TopicAlias(1)));
        TestClient own = broker.Connect("s", endpoint: "A", options: new ConnectOptions { Properties = new Properties().TopicAliasMaximum(4) });
        own.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "#"));
        TestClient other = Subscriber(broker, "B", "#");
        publisher.Send(
            ClientPackets.Publish(ProtocolVersion.V5, "", "3", properties: new Properties().TopicAlias(1)),
            ClientPackets.Publish(ProtocolVersion.V5, "", "4", properties: new Properties().TopicAlias(1)));
        publisher.Drop();

        Assert.Equal(["kept", "alias", "", "will"], Topics(own)); // the second of one topic is only an alias
        other.ExpectNothing();
    }

    [Fact]
    public void The_same_client_identifier_is_two_sessions_in_two_tenants()
    {
        using var broker = new LimitCase(_two);
        TestClient first = broker.Connect("same", endpoint: "A");

        TestClient second = broker.Connect("same", endpoint: "B");
        TestClient third = broker.Connect("same");

        first.ExpectNothing();
        second.ExpectNothing();
        third.ExpectNothing();
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, broker.Ask("acme/same").Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    [Fact]
    public void Presence_tells_a_tenant_of_its_own_clients()
    {
        using var broker = new LimitCase(_two);
        TestClient outside = Subscriber(broker, "Test", "$presence/#");
        TestClient own = Subscriber(broker, "A", "$presence/+");
        own.All();
        outside.All();

        broker.Connect("dev", endpoint: "A");
        broker.Connect("dev", endpoint: "B");

        Assert.Equal(["$presence/dev"], Topics(own));
        Assert.Equal(["$presence/acme/dev", "$presence/bolt/dev"], Topics(outside));
        Assert.Empty(Topics(Subscriber(broker, "A", "$SYS/#")));
    }

    [Fact]
    public void A_session_that_was_kept_goes_on_in_its_tenant()
    {
        using var broker = new LimitCase(_two);
        TestClient first = broker.Connect("s", endpoint: "A", options: LimitCase.Kept);
        first.Subscribe("t/#", QualityOfService.AtLeastOnce);
        first.Subscribe("u", QualityOfService.AtLeastOnce);
        first.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 2, "u"));
        Assert.Equal([ReasonCode.Success], first.Expect<ServerPacket.UnsubAck>().ReasonCodes);
        first.Drop();
        TestClient publisher = broker.Connect("p", endpoint: "A");
        publisher.Send(LimitCase.Publish("t/1", qos: QualityOfService.AtLeastOnce), LimitCase.Publish("u", qos: QualityOfService.AtLeastOnce));

        TestClient second = broker.Connect("s", endpoint: "A", options: LimitCase.Kept);

        Assert.Equal(["t/1"], Topics(second));
    }

    [Fact]
    public void A_principal_is_in_its_tenant_wherever_it_comes_from_and_not_through_another_s_endpoint()
    {
        using var broker = new LimitCase(_two);
        TestClient subscriber = broker.Connect("s", "bolt-7");
        subscriber.Subscribe("t");

        broker.Connect("p", endpoint: "B").Send(LimitCase.Publish("t"));

        Assert.Equal(["t"], Topics(subscriber));
        Assert.Equal(ReasonCode.NotAuthorized, broker.Ask("x", "bolt-7", endpoint: "A").Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    [Fact]
    public void Access_rules_see_full_topics_and_the_client_s_own_identifier()
    {
        var rules = new AccessRulesAuthorizer(TestRights.Parse("allow publish acme/{clientid}/#", "allow subscribe acme/#"));
        using var broker = new LimitCase(_two, authorizer: rules);
        TestClient client = broker.Connect("me", endpoint: "A");
        client.Subscribe("#");

        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "me/x", "1", QualityOfService.AtLeastOnce, 1), ClientPackets.Publish(ProtocolVersion.V5, "you/x", "1", QualityOfService.AtLeastOnce, 2));

        Assert.Equal([ReasonCode.Success, ReasonCode.NotAuthorized], client.All().OfType<ServerPacket.PubAck>().Select(ack => ack.ReasonCode));
    }

    [Fact]
    public async Task Polling_knows_the_tenant_too()
    {
        using var broker = new LimitCase(_two);
        TopicPolling polling = broker.Broker.Broker.Polling;
        Assert.True(broker.Broker.Broker.TryFindTenant("A", Principal.Anonymous, out Tenant? tenant));
        var inside = new AccessSubject(Principal.Anonymous, "", null) { Tenant = tenant };
        var outside = new AccessSubject(Principal.Anonymous, "", null);
        TestClient subscriber = Subscriber(broker, "A", "t");

        await polling.PublishAsync(inside, new TopicPublication { Topic = "t"u8.ToArray(), Payload = new byte[] { 1 } });
        await polling.PublishAsync(outside, new TopicPublication { Topic = "other"u8.ToArray(), Payload = new byte[] { 1 } });

        Assert.Equal(["t"], Topics(subscriber));
        using PollResultCase read = new(await polling.ReadAsync(inside, "t"u8.ToArray(), new KnownTags([], IsAny: false), TimeSpan.Zero, TestContext.Current.CancellationToken));
        Assert.Equal(PollStatus.Ok, read.Status);
        using PollResultCase missed = new(await polling.ReadAsync(inside, "other"u8.ToArray(), new KnownTags([], IsAny: false), TimeSpan.Zero, TestContext.Current.CancellationToken));
        Assert.Equal(PollStatus.Unknown, missed.Status);
        Assert.Equal(["t"], Listed(polling, inside));
        Assert.Equal(["acme/t", "other"], Listed(polling, outside));
    }

    [Fact]
    public void One_tenant_at_its_limits_changes_nothing_for_the_other()
    {
        var limits = new TenantLimits { Connections = 2, Sessions = 2, Subscriptions = 1, RetainedMessages = 1, RetainedBytes = 100, MessageRate = 5 };
        using var broker = new LimitCase(new BudgetOptions
        {
            Tenants = [new TenantOptions("acme") { Endpoints = ["A"], Limits = limits }, new TenantOptions("bolt") { Endpoints = ["B"] }],
        });
        TestClient first = broker.Connect("1", endpoint: "A");
        TestClient second = broker.Connect("2", endpoint: "A");
        TestClient other = broker.Connect("1", endpoint: "B");

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("3", endpoint: "A").Expect<ServerPacket.ConnAck>().ReasonCode);
        broker.Connect("3", endpoint: "B");
        Assert.Equal((ReasonCode.Success, ReasonCode.QuotaExceeded), (Code(first, "a"), Code(second, "a")));
        Assert.Equal(ReasonCode.Success, Code(other, "a"));
        Assert.Equal((ReasonCode.NoMatchingSubscribers, ReasonCode.QuotaExceeded), (Retain(first, "x", 10), Retain(second, "y", 10)));
        Assert.Equal(ReasonCode.QuotaExceeded, Retain(first, "x", 200)); // more bytes than it may have
        Assert.Equal(ReasonCode.NoMatchingSubscribers, Retain(other, "y", 200));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, Retain(first, "x", 0)); // the removal makes room
        Assert.Equal(ReasonCode.NoMatchingSubscribers, Retain(second, "y", 10));
        first.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 6)]);
        other.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 600)]);
        Assert.Equal((true, false), (first.IsPaused, other.IsPaused));
    }

    [Theory]
    [InlineData(65_530, true)]
    [InlineData(65_531, false)]
    public void A_full_topic_that_no_packet_could_hold_is_refused(int bytes, bool fits)
    {
        using var broker = new LimitCase(_two, new BrokerLimits { TopicBytes = 65_535 });
        TestClient client = broker.Connect("c", endpoint: "A");

        client.Send(ClientPackets.Publish(ProtocolVersion.V5, new string('t', bytes), "1", QualityOfService.AtLeastOnce, 1));

        Assert.Equal(fits ? ReasonCode.NoMatchingSubscribers : ReasonCode.TopicNameInvalid, client.Expect<ServerPacket.PubAck>().ReasonCode);
    }

    private static TestClient Subscriber(LimitCase broker, string endpoint, string filter)
    {
        TestClient client = broker.Connect("s-" + endpoint + Guid.NewGuid(), endpoint: endpoint);
        client.Subscribe(filter);
        return client;
    }

    private static string[] Topics(TestClient client) => [.. client.All().OfType<ServerPacket.Publish>().Select(packet => packet.Topic)];

    private static ReasonCode Code(TestClient client, string filter)
    {
        client.Send(ClientPackets.Subscribe(client.Version, 9, filter));
        return client.Expect<ServerPacket.SubAck>().ReasonCodes[0];
    }

    private static ReasonCode Retain(TestClient client, string topic, int bytes)
    {
        client.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, new byte[bytes], QualityOfService.AtLeastOnce, 3, retain: true));
        return client.Expect<ServerPacket.PubAck>().ReasonCode;
    }

    private static string[] Listed(TopicPolling polling, AccessSubject caller)
    {
        Assert.Equal(PollStatus.Ok, polling.List(caller, "#", null, 100, out TopicPage? page));
        using (page) return [.. page!.Topics.Select(topic => Encoding.UTF8.GetString(topic.Topic)).Order(StringComparer.Ordinal)];
    }

    private sealed class PollResultCase(PollResult result) : IDisposable
    {
        public PollStatus Status => result.Status;

        public void Dispose() => result.Value?.Dispose();
    }
}
