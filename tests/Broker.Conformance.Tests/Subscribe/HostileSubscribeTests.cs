using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>SUBSCRIBE and UNSUBSCRIBE as weapons: depth, floods, bombs and churn.</summary>
public sealed class HostileSubscribeTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Sixty_five_thousand_levels_are_refused_everywhere(ProtocolVersion version)
    {
        string deep = new('/', 65_535);
        using var broker = new TestBroker(new BrokerLimits { TopicBytes = 65_535 });
        TestClient observer = broker.Connect("observer");
        observer.SubscribeTo("#");

        TestClient subscriber = broker.Connect("s", version);
        subscriber.Send(ClientPackets.Subscribe(version, 1, deep));
        if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.TopicFilterInvalid], subscriber.Expect<ServerPacket.SubAck>().ReasonCodes);
        else subscriber.ExpectClosed();

        TestClient unsubscriber = broker.Connect("u", version);
        unsubscriber.Send(ClientPackets.Unsubscribe(version, 1, deep));
        ReasonCode[] codes = unsubscriber.Expect<ServerPacket.UnsubAck>().ReasonCodes;
        Assert.All(codes, code => Assert.True(code is ReasonCode.NoSubscriptionExisted or ReasonCode.TopicFilterInvalid));

        TestClient publisher = broker.Connect("p", version);
        publisher.Send(ClientPackets.Publish(version, deep, "x", QualityOfService.AtLeastOnce, 1));
        if (version == ProtocolVersion.V5) Assert.Equal(ReasonCode.TopicNameInvalid, publisher.Expect<ServerPacket.PubAck>().ReasonCode);
        else publisher.ExpectClosed();

        TestClient will = broker.Open(version);
        will.Send(ClientPackets.Connect(new ConnectOptions { ClientId = "w", Version = version, Will = new WillOptions(deep[..60_000], []) }));
        Assert.NotEqual(ReasonCode.Success, (ReasonCode?)(will.Next() as ServerPacket.ConnAck)?.ReasonCode ?? ReasonCode.TopicNameInvalid);
        will.Drop();
        observer.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void One_hundred_and_twenty_eight_levels_work_and_one_more_does_not(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        string deepest = string.Join('/', Enumerable.Repeat("a", 128));
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo(string.Join('/', Enumerable.Repeat("+", 128)));
        client.SubscribeTo(string.Join('/', Enumerable.Repeat("+", 127)) + "/#");

        broker.Connect("p", version).Publish(deepest, "x", retain: true);
        Assert.Equal(deepest, Assert.Single(client.Messages()).Topic);

        client.Send(ClientPackets.Subscribe(version, 1, deepest + "/a"));
        if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.TopicFilterInvalid], client.Expect<ServerPacket.SubAck>().ReasonCodes);
        else client.ExpectClosed();
    }

    [Fact]
    public void Every_mix_of_words_and_plus_matches_once()
    {
        const int Levels = 12;
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        for (int i = 0; i < 1 << Levels; i++)
        {
            string filter = string.Join('/', Enumerable.Range(0, Levels).Select(l => (i >> l & 1) == 0 ? $"l{l}" : "+"));
            client.SubscribeTo((uint)i + 1, new SubscribeFilter(filter));
        }

        broker.Connect("p").Publish(string.Join('/', Enumerable.Range(0, Levels).Select(l => $"l{l}")), "x");

        ServerPacket.Publish message = Assert.Single(client.Messages());
        Assert.Equal(1 << Levels, message.Properties.SubscriptionIdentifiers.Distinct().Count());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Answers_to_a_client_that_does_not_read_are_bounded(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { PendingAnswerBytes = 1_024 });
        TestClient client = broker.Connect("c", version);
        client.Stall();
        byte[] subscribe = ClientPackets.Subscribe(version, 1, "a");
        int sent = 0;
        while (!client.IsPaused && sent < 10_000)
        {
            client.Send(subscribe);
            sent++;
        }

        Assert.True(client.IsPaused);
        client.Send(subscribe);
        client.Unstall();
        Assert.Equal(sent + 1, client.All().Count);
        Assert.False(client.IsPaused);
    }

    [Fact]
    [Clause("MQTT-3.1.2-24")]
    public void An_answer_larger_than_the_client_takes_is_not_sent()
    {
        using var broker = new TestBroker();
        var options = new ConnectOptions { Properties = new Properties().MaximumPacketSize(64) };
        TestClient client = broker.Connect(options);

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, [.. Enumerable.Range(0, 200).Select(i => new SubscribeFilter($"f{i}"))]));

        Assert.True(client.PendingBytes <= 64);
        client.ExpectClosed(ReasonCode.PacketTooLarge);
    }
}
