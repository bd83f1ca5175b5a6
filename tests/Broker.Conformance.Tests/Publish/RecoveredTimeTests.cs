using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What has an end by the clock, over the end of the broker: sessions, messages, wills.</summary>
public sealed class RecoveredTimeTests
{
    private readonly StoredRuns _runs = new();

    [Fact]
    public void The_will_of_a_client_that_was_connected_is_published_once()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("w", QualityOfService.AtLeastOnce).Drop();
            broker.Connect(new ConnectOptions
            {
                ClientId = "mortal",
                CleanStart = false,
                Will = new WillOptions("w", "gone"u8.ToArray()) { Qos = QualityOfService.AtLeastOnce },
                Properties = new Properties().SessionExpiryInterval(3_600),
            });
            _runs.Crash(); // before anybody could see the connection end
        }

        using (TestBroker next = _runs.Start())
        {
            TestClient subscriber = next.Resume("subscriber");
            subscriber.PubAck(subscriber.ExpectMessage("gone").PacketId);
        }

        using TestBroker last = _runs.Restart();
        last.Resume("subscriber").ExpectAlive();
    }

    [Fact]
    public void Sessions_and_messages_expire_by_the_wall_clock()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
            TestClient publisher = broker.Connect("publisher");
            publisher.PublishToEnd("a", "short", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(60));
            publisher.PublishToEnd("a", "long", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(3_000));
        }

        _runs.Crash();
        using (TestBroker later = _runs.StartAt(TimeSpan.FromMinutes(30), out _))
        {
            TestClient subscriber = later.Resume("subscriber");
            Assert.True(subscriber.ConnAck.SessionPresent);
            Assert.Equal(1_200u, subscriber.ExpectMessage("long").Properties.Number(PropertyId.MessageExpiryInterval));
        }

        _runs.Crash();
        using TestBroker tooLate = _runs.StartAt(TimeSpan.FromHours(2), out FakeTimeProvider time);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(tooLate.Resume("subscriber").ConnAck.SessionPresent);
    }

    [Fact]
    public void A_session_whose_connection_a_crash_ended_does_not_begin_its_time_anew_at_every_start()
    {
        using (TestBroker broker = _runs.Start())
        {
            broker.KeptSubscriber("a", QualityOfService.AtLeastOnce); // for an hour after its connection
            _runs.Crash(); // before anybody could see the connection end
        }

        using (_runs.StartAt(TimeSpan.FromMinutes(10), out _)) _runs.Crash();

        using TestBroker last = _runs.StartAt(TimeSpan.FromMinutes(80), out FakeTimeProvider time);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(last.Resume("subscriber").ConnAck.SessionPresent);
    }
}
