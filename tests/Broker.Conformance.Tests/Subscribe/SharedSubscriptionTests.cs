using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>4.8.2: who gets the messages of a shared subscription. MQTT 3.1.1 clients may use them too.</summary>
public sealed class SharedSubscriptionTests
{
    private const string Filter = "$share/g/a";

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Messages_go_to_each_member_in_turn(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient[] members = Members(broker, version, 3, Filter, 1);
        TestClient publisher = broker.Connect("p", version);

        List<string>[] got = [[], [], []];
        for (int i = 0; i < 12; i++)
        {
            publisher.Publish("a", $"{i}", i % 3);
            for (int m = 0; m < 3; m++) got[m].AddRange(members[m].Messages().Select(x => x.Text));
        }

        Assert.All(got, texts => Assert.Equal(4, texts.Count));
        Assert.Equal(Enumerable.Range(0, 12), got.SelectMany(x => x).Select(int.Parse).Order());
        Assert.All(got, texts => Assert.Equal([3, 3, 3], texts.Zip(texts.Skip(1), (a, b) => int.Parse(b) - int.Parse(a))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_burst_is_spread_fairly_and_each_message_comes_once(int qos)
    {
        using var broker = new TestBroker();
        TestClient[] members = Members(broker, ProtocolVersion.V5, 4, Filter, qos);
        TestClient publisher = broker.Connect("p");

        for (int i = 0; i < 400; i++) publisher.Publish("a", $"{i}", qos);

        string[][] got = [.. members.Select(m => m.Messages().Select(x => x.Text).ToArray())];
        Assert.All(got, texts => Assert.Equal(100, texts.Length));
        Assert.Equal(400, got.SelectMany(x => x).Distinct().Count());
        Assert.All(got, texts => Assert.Equal(texts.OrderBy(int.Parse), texts));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Connected_members_come_before_absent_ones(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient absent = broker.Resume("absent", version);
        absent.SubscribeTo(Filter, 1);
        absent.Drop();
        TestClient present = broker.Resume("present", version);
        present.SubscribeTo(Filter, 1);
        TestClient publisher = broker.Connect("p", version);

        for (int i = 0; i < 4; i++) publisher.Publish("a", $"{i}", 1);

        Assert.Equal(["0", "1", "2", "3"], present.Messages().Select(m => m.Text));
        present.Drop();
        for (int i = 4; i < 8; i++) publisher.Publish("a", $"{i}", 1);
        string[] first = [.. broker.Resume("absent", version).Messages().Select(m => m.Text)];
        string[] second = [.. broker.Resume("present", version).Messages().Select(m => m.Text)];
        Assert.Equal(["4", "5", "6", "7"], first.Concat(second).Order());
    }

    [Fact]
    public void A_member_with_room_comes_before_one_whose_window_is_full()
    {
        using var broker = new TestBroker();
        TestClient busy = broker.Connect(new ConnectOptions { ClientId = "busy", Properties = new Properties().ReceiveMaximum(1) });
        busy.SubscribeTo(Filter, 1);
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "blocks", 1);
        TestClient free = broker.Connect("free");
        free.SubscribeTo(Filter, 1);

        for (int i = 0; i < 6; i++) publisher.Publish("a", $"{i}", 1);

        Assert.Equal(6, free.Messages().Count);
        Assert.Equal(["blocks"], busy.Messages().Select(m => m.Text));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-4.8.2-3")]
    public void Each_member_gets_its_own_qos(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient[] members = [.. Enumerable.Range(0, 3).Select(q => broker.Connect($"q{q}", version))];
        for (int qos = 0; qos < 3; qos++) members[qos].SubscribeTo(Filter, qos);
        TestClient publisher = broker.Connect("p", version);

        for (int i = 0; i < 9; i++) publisher.Publish("a", $"{i}", 2);

        for (int qos = 0; qos < 3; qos++)
        {
            List<ServerPacket.Publish> got = members[qos].Messages();
            Assert.Equal(3, got.Count);
            Assert.All(got, m => Assert.Equal((QualityOfService)qos, m.Qos));
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Groups_and_filters_are_independent_of_each_other(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        string[] filters = ["$share/g/a/b", "$share/h/a/b", "$share/g/a/+", "$share/g/#", "a/b", "$share/G/a/b", "$share/g/c"];
        TestClient[] clients = [.. filters.Select((_, i) => broker.Connect($"c{i}", version))];
        for (int i = 0; i < filters.Length; i++) clients[i].SubscribeTo(filters[i]);

        broker.Connect("p", version).Publish("a/b", "x");

        for (int i = 0; i < 6; i++) Assert.Equal(["a/b=x q0"], clients[i].Seen());
        clients[6].ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void An_ordinary_subscription_of_the_same_client_gets_its_own_copy(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.AtLeastOnce), new SubscribeFilter(Filter, QualityOfService.ExactlyOnce));

        broker.Connect("p", version).Publish("a", "x", 2);

        Assert.Equal(["a=x q1", "a=x q2"], client.Seen().Order());
    }

    [Fact]
    public void A_member_that_publishes_may_get_its_own_message()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(Filter);

        client.Publish("a", "own");

        Assert.Equal(["a=own q0"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Subscribing_twice_is_one_membership(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient twice = broker.Connect("twice", version);
        twice.SubscribeTo(Filter, 1);
        twice.SubscribeTo(Filter, 0);
        TestClient once = broker.Connect("once", version);
        once.SubscribeTo(Filter, 1);
        TestClient publisher = broker.Connect("p", version);

        for (int i = 0; i < 4; i++) publisher.Publish("a", $"{i}", 1);

        Assert.Equal(2, once.Messages().Count);
        Assert.All(twice.Messages(), m => Assert.Equal(QualityOfService.AtMostOnce, m.Qos));
        Assert.Equal(2, broker.Broker.Context.Subscriptions.Count);
        twice.UnsubscribeFrom(Filter);
        once.UnsubscribeFrom(Filter);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Nothing_retained_is_sent_for_it(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "kept", 1, retain: true);
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo(new SubscribeFilter(Filter, QualityOfService.AtLeastOnce), new SubscribeFilter("$share/g/#"));
        client.SubscribeTo(new SubscribeFilter(Filter, QualityOfService.AtLeastOnce));

        client.ExpectNothing();
    }

    [Theory]
    [InlineData("$share/g")]
    [InlineData("$share/")]
    [InlineData("$share//t")]
    [InlineData("$share//")]
    [InlineData("$share/g/")]
    [InlineData("$share/+/t")]
    [InlineData("$share/#/t")]
    [InlineData("$share/g#/t")]
    [InlineData("$share/g+/t")]
    [InlineData("$share/#")]
    [InlineData("$share/+")]
    [InlineData("$share")]
    [InlineData("$share/g/a#")]
    [InlineData("$share/g/#/a")]
    [Clause("MQTT-4.8.2-1")]
    [Clause("MQTT-4.8.2-2")]
    public void Names_that_are_none_are_refused_and_others_go_on(string filter)
    {
        using var broker = new TestBroker();
        TestClient member = broker.Connect("member");
        member.SubscribeTo(Filter);
        TestClient v5 = broker.Connect("v5");
        TestClient v311 = broker.Connect("v311", ProtocolVersion.V311);

        Assert.Equal([ReasonCode.TopicFilterInvalid], v5.SubscribeTo(filter));
        v311.Send(ClientPackets.Subscribe(ProtocolVersion.V311, 1, filter));
        v311.ExpectClosed();
        v5.Publish("a", "x");

        Assert.Equal(["a=x q0"], member.Seen());
        v5.ExpectNothing();
    }

    [Theory]
    [InlineData("$share/g/$dev/x", "$dev/x")]
    [InlineData("$share/g//", "/")]
    [InlineData("$share/$share/a", "a")]
    [InlineData("$share/g h/a", "a")]
    [InlineData("$share/\u00E9/a", "a")]
    [InlineData("$share/g/#", "a/b")]
    [InlineData("$share/g/+/+", "a/b")]
    [Clause("MQTT-4.8.2-1")]
    public void Unusual_names_are_names(string filter, string topic)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        Assert.Equal([ReasonCode.Success], client.SubscribeTo(filter));

        client.Publish(topic, "x");
        Assert.Equal([$"{topic}=x q0"], client.Seen());

        Assert.Equal([ReasonCode.Success], client.UnsubscribeFrom(filter));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Clause("MQTT-4.8.2-6")]
    public void A_message_that_its_member_refuses_is_discarded(int qos)
    {
        using var broker = new TestBroker();
        TestClient[] members = Members(broker, ProtocolVersion.V5, 2, Filter, qos);
        broker.Connect("p").Publish("a", "x", qos);

        TestClient chosen = members.Single(m => m.PendingBytes > 0);
        ushort id = chosen.Expect<ServerPacket.Publish>().PacketId;
        chosen.Send(
            qos == 1
                ? ClientPackets.PubAck(ProtocolVersion.V5, id, ReasonCode.UnspecifiedError)
                : ClientPackets.PubRec(ProtocolVersion.V5, id, ReasonCode.UnspecifiedError));
        chosen.Drop();

        members.Single(m => m != chosen).ExpectNothing();
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void After_the_last_member_left_nobody_subscribes(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient[] members = Members(broker, version, 2, Filter, 1);
        members[0].UnsubscribeFrom(Filter);
        members[1].Disconnect();

        ReasonCode code = broker.Connect("p").Publish("a", "x", 1);

        Assert.Equal(ReasonCode.NoMatchingSubscribers, code);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        members[0].ExpectNothing();
    }

    internal static TestClient[] Members(TestBroker broker, ProtocolVersion version, int count, string filter, int qos)
    {
        TestClient[] members = [.. Enumerable.Range(0, count).Select(i => broker.Connect($"member {i}", version))];
        foreach (TestClient member in members) member.SubscribeTo(filter, qos);
        return members;
    }
}
