using Broker.Conformance.Tests.Subscribe;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Access;

/// <summary>A right that is taken away is gone at once, on every way out, also for what was already on that way.</summary>
public sealed class RevocationTests
{
    private const string Everything = "allow * #";
    private const string NotSecret = "deny receive secret/#";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Live_messages_stop_for_a_subscriber_and_go_on_when_the_right_is_back(int qos)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("#", qos);
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1", qos);

        rights.Change(broker, Everything, NotSecret);
        publisher.Publish("secret/a", "2", qos);
        publisher.Publish("open", "3", qos);
        rights.Change(broker, Everything);
        publisher.Publish("secret/a", "4", qos);

        Assert.Equal([$"secret/a=1 q{qos}", $"open=3 q{qos}", $"secret/a=4 q{qos}"], subscriber.Seen());
    }

    [Fact]
    public void Taking_away_the_right_to_subscribe_takes_away_the_messages_and_leaves_the_subscription()
    {
        var rights = new TestRights("allow publish #", "subscriber: allow subscribe secret/#");
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("secret/#");
        TestClient publisher = broker.Connect("publisher");

        rights.Change(broker, "allow publish #");
        publisher.Publish("secret/a", "1");
        subscriber.ExpectNothing();
        Assert.Equal(ReasonCode.NotAuthorized, subscriber.SubscribeTo("secret/+")[0]);

        rights.Change(broker, "allow publish #", "subscriber: allow subscribe secret/#");
        publisher.Publish("secret/a", "2");
        Assert.Equal(["secret/a=2 q0"], subscriber.Seen());
    }

    [Fact]
    public void Retained_messages_that_wait_to_be_sent_are_not()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1", retain: true);
        publisher.Publish("open", "2", retain: true);
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.Stall();
        subscriber.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "#", QualityOfService.AtMostOnce));

        rights.Change(broker, Everything, NotSecret);
        subscriber.Unstall();

        subscriber.Expect<ServerPacket.SubAck>();
        Assert.Equal(["open=2 q0 retained"], subscriber.Seen());
    }

    [Fact]
    public void Retained_messages_are_kept_from_who_may_not_receive_retained_ones()
    {
        var rights = new TestRights(Everything, "deny receive t/# retain=yes");
        using TestBroker broker = rights.Broker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("t/a", "1", retain: true);
        TestClient subscriber = broker.Connect("subscriber");

        subscriber.SubscribeTo("t/#");
        publisher.Publish("t/a", "2", retain: true);

        Assert.Equal(["t/a=2 q0"], subscriber.Seen());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Messages_queued_for_an_absent_client_are_not_sent_when_it_is_back(int qos)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.SubscribeTo("#", qos);
        subscriber.Drop();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1", qos);
        publisher.Publish("open", "2", qos);

        rights.Change(broker, Everything, NotSecret);
        subscriber = broker.Resume("subscriber");

        Assert.Equal([$"open=2 q{qos}"], subscriber.Seen());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Messages_in_flight_are_not_sent_again(int qos)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.SubscribeTo("#", qos);
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("secret/a", "1", qos);
        publisher.Publish("open", "2", qos);
        Assert.Equal(2, subscriber.All().Count);
        subscriber.Drop();

        rights.Change(broker, Everything, NotSecret);
        subscriber = broker.Resume("subscriber");

        Assert.Equal([$"open=2 q{qos} dup"], subscriber.Seen());
        publisher.Publish("open", "3", qos);
        Assert.Equal([$"open=3 q{qos}"], subscriber.Seen());
    }

    [Fact]
    public void An_exchange_whose_message_was_received_is_finished_without_the_right()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.SubscribeTo("#", 2);
        broker.Connect("publisher").Publish("secret/a", "1", 2);
        ushort id = subscriber.Expect<ServerPacket.Publish>().PacketId;
        subscriber.Send(ClientPackets.PubRec(ProtocolVersion.V5, id));
        subscriber.Drop();

        rights.Change(broker, Everything, NotSecret);
        subscriber = broker.Resume("subscriber");

        Assert.Equal(id, subscriber.Expect<ServerPacket.PubRel>().PacketId);
        subscriber.ExpectNothing();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_shared_group_passes_over_the_member_that_may_not_receive(int qos)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient revoked = broker.Connect("revoked");
        TestClient other = broker.Connect("other");
        revoked.SubscribeTo("$share/g/secret/#", qos);
        other.SubscribeTo("$share/g/secret/#", qos);
        TestClient publisher = broker.Connect("publisher");

        rights.Change(broker, Everything, "revoked: deny receive secret/#");
        for (int i = 1; i <= 4; i++) publisher.Publish("secret/a", $"{i}", qos);

        Assert.Equal([.. Enumerable.Range(1, 4).Select(i => $"secret/a={i} q{qos}")], other.Seen());
        revoked.ExpectNothing();
    }

    [Fact]
    public void What_a_shared_group_had_given_to_a_member_goes_to_another_one()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient revoked = broker.Connect("revoked");
        revoked.SubscribeTo("$share/g/secret/#", 1);
        TestClient publisher = broker.Connect("publisher");
        revoked.Stall();
        for (int i = 1; i <= 3; i++) publisher.Publish("secret/a", $"{i}", 1);
        TestClient other = broker.Connect("other");
        other.SubscribeTo("$share/g/secret/#", 1);

        rights.Change(broker, Everything, "revoked: deny * secret/#");
        revoked.Unstall();

        Assert.Equal(["secret/a=1 q1", "secret/a=2 q1", "secret/a=3 q1"], other.Seen());
        revoked.ExpectNothing();
        other.Disconnect();
        revoked.Disconnect();
        Assert.Equal(3, broker.CountMessages()); // the presence of three clients
    }

    [Fact]
    public void A_group_that_may_no_longer_share_gets_nothing_while_its_members_may_subscribe_alone()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient subscriber = broker.Connect("subscriber");
        subscriber.SubscribeTo("$share/g/t");
        subscriber.SubscribeTo("t");

        rights.Change(broker, Everything, "deny share t g");
        broker.Connect("publisher").Publish("t", "1");

        Assert.Equal(["t=1 q0"], subscriber.Seen());
        Assert.Equal(ReasonCode.NotAuthorized, subscriber.SubscribeTo("$share/g/t")[0]);
        Assert.Equal(ReasonCode.GrantedQos0, subscriber.SubscribeTo("$share/h/t")[0]);
    }
}
