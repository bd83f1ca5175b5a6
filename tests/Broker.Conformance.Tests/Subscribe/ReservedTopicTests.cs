using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>4.7.2: topics that begin with $. What is the broker's own cannot be published to, by PUBLISH or by will.</summary>
public sealed class ReservedTopicTests
{
    public static TheoryData<string> Reserved { get; } =
        new("$SYS/broker/uptime", "$SYS/new/clients", "$SYS", "$presence/c", "$presence", "$share/g/t", "$share", "$changes/a", "$CONTROL/dynamic-security/v1");

    [Theory]
    [MemberData(nameof(Reserved))]
    public void Publishing_to_them_reaches_nobody(string topic)
    {
        using var broker = new TestBroker();
        TestClient observer = broker.Connect("observer");
        foreach (string filter in new[] { "#", "+/#", "$SYS/#", "$CONTROL/#", "t", "a" }) observer.SubscribeTo(filter);
        int retained = broker.Broker.Context.Retained.Count;
        TestClient v5 = broker.Connect("v5");
        TestClient v311 = broker.Connect("v311", ProtocolVersion.V311);

        Assert.Equal(ReasonCode.NotAuthorized, v5.Publish(topic, "forged", 1, retain: true));
        Assert.Equal(ReasonCode.NotAuthorized, v5.Publish(topic, "forged", 2, retain: true));
        Assert.Equal(ReasonCode.Success, v311.Publish(topic, "forged", 1, retain: true));
        Assert.Equal(ReasonCode.Success, v311.Publish(topic, "forged", 2, retain: true));
        v5.Publish(topic, "forged", 0, retain: true);
        v311.Publish(topic, "forged", 0, retain: true);

        v5.ExpectNothing();
        v311.ExpectNothing();
        observer.ExpectNothing();
        Assert.Equal(retained + 2, broker.Broker.Context.Retained.Count); // the two clients' presence
    }

    [Theory]
    [MemberData(nameof(Reserved))]
    public void A_will_on_them_is_never_published(string topic)
    {
        foreach (ProtocolVersion version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            using var broker = new TestBroker();
            TestClient observer = broker.Connect("observer");
            foreach (string filter in new[] { "#", "$SYS/#", "$CONTROL/#", "t", "a" }) observer.SubscribeTo(filter);
            TestClient client = broker.Open(version);
            var will = new WillOptions(topic, "forged"u8.ToArray()) { Retain = true, Qos = QualityOfService.AtLeastOnce };

            client.Send(ClientPackets.Connect(new ConnectOptions { ClientId = "w", Version = version, Will = will }));
            client.Drop();

            observer.ExpectNothing();
            foreach (string filter in new[] { "$SYS/#", "$CONTROL/#", "$changes/#" })
            {
                TestClient late = broker.Connect("late");
                late.SubscribeTo(filter);
                Assert.DoesNotContain("forged", late.Messages().Select(m => m.Text));
            }
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-4.7.2-1")]
    public void Other_dollar_topics_are_ordinary_but_no_leading_wildcard_matches_them(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient wild = broker.Connect("wild", version);
        foreach (string filter in new[] { "#", "+", "+/#", "+/x", "+/+", "$share/g/#", "$share/g/+/x" }) wild.SubscribeTo(filter);
        TestClient named = broker.Connect("named", version);
        named.SubscribeTo("$dev/+", 1);

        broker.Connect("p", version).Publish("$dev/x", "y", 1);

        wild.ExpectNothing();
        Assert.Equal(["$dev/x=y q1"], named.Seen());
    }

    [Fact]
    [Clause("MQTT-4.7.2-1")]
    public void Wildcards_at_the_start_replay_nothing_of_the_brokers_own()
    {
        using var broker = new TestBroker(sysInterval: TimeSpan.FromSeconds(10));
        TestClient client = broker.Connect("c");

        client.SubscribeTo(new SubscribeFilter("#"), new SubscribeFilter("+/#"), new SubscribeFilter("+/broker/#"), new SubscribeFilter("+/c"));

        client.ExpectNothing();
        broker.Advance(TimeSpan.FromSeconds(30));
        client.ExpectNothing();
    }
}
