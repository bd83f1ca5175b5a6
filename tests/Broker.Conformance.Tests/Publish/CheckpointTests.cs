using Broker.Core;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What is written again while the broker goes on, and what is one atom: a loss of power at any moment finds one state or the other.</summary>
public sealed class CheckpointTests
{
    private readonly StoredRuns _runs = new();

    [Fact]
    public void A_checkpoint_shortens_the_log_and_changes_nothing()
    {
        using (TestBroker broker = _runs.Start(new StorePolicy { CheckpointBytes = 20_000 }))
        {
            TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
            TestClient publisher = broker.Resume("publisher");
            publisher.PublishToEnd("a", "in flight", QualityOfService.ExactlyOnce);
            subscriber.ExpectMessage("in flight");
            subscriber.Drop();
            publisher.PublishToEnd("a", "waits", QualityOfService.AtLeastOnce);
            publisher.Publish("a", "held", QualityOfService.ExactlyOnce, 77);
            publisher.ExpectAck<ServerPacket.PubRec>(77);
            for (int i = 0; i < 400; i++) publisher.Publish("r", $"value {i}", retain: true);
            broker.Advance(TimeSpan.FromSeconds(5));
            Assert.True(_runs.Store.TrimmedBefore > 100);
        }

        using TestBroker next = _runs.Restart();
        Assert.Equal(["in flight", "waits", "held"], next.Resume("subscriber").Texts());
        Assert.Equal(["value 399"], Late(next).Texts());
        TestClient publisherAgain = next.Resume("publisher");
        publisherAgain.PubRel(77);
        Assert.Equal(ReasonCode.Success, publisherAgain.ExpectAck<ServerPacket.PubComp>(77).ReasonCode);
    }

    [Fact]
    public void A_QoS_2_publication_that_was_refused_during_a_checkpoint_does_not_pass_for_accepted_after_a_crash()
    {
        var authorizer = new Switched();
        using (TestBroker broker = _runs.Start(new StorePolicy { CheckpointBytes = 1 }, authorizer))
        {
            TestClient publisher = broker.Resume("publisher");
            authorizer.Asked = request =>
            {
                if (request.Action != AccessAction.Publish) return true;
                broker.Advance(TimeSpan.FromMilliseconds(300)); // the checkpoint finds the identifier taken, and the publication on its way
                return false;
            };
            publisher.Publish("a", "refused", QualityOfService.ExactlyOnce, 7);
            Assert.Equal(ReasonCode.NotAuthorized, publisher.ExpectAck<ServerPacket.PubRec>(7).ReasonCode);
            authorizer.Asked = _ => true;
        }

        using TestBroker next = _runs.Restart();
        next.KeptSubscriber("a", QualityOfService.ExactlyOnce).Drop();
        TestClient again = next.Resume("publisher");
        again.Publish("a", "accepted", QualityOfService.ExactlyOnce, 7);
        again.ExpectAck<ServerPacket.PubRec>(7);

        Assert.Equal(["accepted"], next.Resume("subscriber").Texts());
    }

    [Fact]
    public void A_shared_message_that_one_member_may_not_receive_any_more_is_with_another_after_a_crash()
    {
        var authorizer = new Switched();
        using (TestBroker broker = _runs.Start(authorizer: authorizer))
        {
            broker.Resume("other").Subscribe("$share/g/a", QualityOfService.AtLeastOnce);
            TestClient member = broker.ConnectWith("member", new Properties().ReceiveMaximum(1), cleanStart: false);
            member.Subscribe("$share/g/a", QualityOfService.AtLeastOnce);
            broker.Resume("other").Drop();
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
            publisher.PublishToEnd("a", "2", QualityOfService.AtLeastOnce); // waits for its turn
            ushort first = member.ExpectMessage("1").PacketId;
            authorizer.Asked = request => request.Action != AccessAction.Receive || request.Subject.ClientId != "member";
            _runs.Store.Holds = true;
            member.PubAck(first);
            _runs.Store.Commit(2); // that it was acknowledged, and what became of the other one
            _runs.Crash();
        }

        using TestBroker next = _runs.Start();

        Assert.Equal(["2"], next.Resume("other").Texts());
    }

    [Fact]
    public void A_session_that_is_taken_over_the_moment_its_client_gave_it_up_is_not_there_twice_after_a_crash()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
            Session session = broker.Broker.Context.Subscriptions.Match("a"u8).Individuals[0].Session;
            broker.Broker.Context.Lifecycle.ChangeExpiry(session, TimeSpan.Zero); // DISCONNECT said so, and the connection is not gone yet
            Assert.False(broker.Resume("subscriber").ConnAck.SessionPresent);
        }

        _runs.Crash();

        Assert.Equal(1, RecoverySummary.Read(_runs.Store.Read).Sessions);
    }

    private static TestClient Late(TestBroker broker)
    {
        TestClient client = broker.Connect("late");
        client.Subscribe("r");
        return client;
    }

    private sealed class Switched : IAuthorizer
    {
        public Func<Question, bool> Asked { get; set; } = _ => true;

        public bool IsAllowed(in AccessRequest request) => Asked(new Question(request.Subject, request.Action));
    }

    private sealed record Question(AccessSubject Subject, AccessAction Action);
}
