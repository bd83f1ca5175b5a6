using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What is promised less, refused or held back where the store is full, slow, or told to keep less.</summary>
public sealed class StoreLimitTests
{
    private readonly StoredRuns _runs = new();

    [Fact]
    public void A_rule_can_promise_less()
    {
        var policy = new StorePolicy { Rules = [new StoreRule("fleeting", "m/#"u8.ToArray(), AckLevel.Memory)] };
        using (TestBroker broker = _runs.Start(policy))
        {
            broker.KeptSubscriber("#", QualityOfService.AtLeastOnce).Drop();
            TestClient publisher = broker.Connect("publisher");
            _runs.Store.Holds = true;
            publisher.Publish("m/1", "fleeting", QualityOfService.AtLeastOnce, 1);
            publisher.ExpectAck<ServerPacket.PubAck>(1);
            publisher.Publish("d/1", "durable", QualityOfService.AtLeastOnce, 2);
            publisher.ExpectNothing();
            _runs.Store.CommitAll();
            publisher.ExpectAck<ServerPacket.PubAck>(2);
        }

        using TestBroker next = _runs.Restart();

        Assert.Equal(["durable"], next.Resume("subscriber").Texts());
    }

    [Fact]
    public void With_a_full_disk_only_what_needs_it_is_refused()
    {
        using TestBroker broker = _runs.Start();
        TestClient kept = broker.KeptSubscriber("kept", QualityOfService.AtLeastOnce);
        broker.Connect("fleeting").Subscribe("fleeting");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("kept", "before", QualityOfService.AtLeastOnce);
        _runs.Store.IsFull = true;

        Assert.Equal(ReasonCode.QuotaExceeded, publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce));
        Assert.Equal(ReasonCode.QuotaExceeded, publisher.PublishToEnd("any", "x", QualityOfService.ExactlyOnce, retain: true));
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("fleeting", "x", QualityOfService.AtLeastOnce));
        kept.PubAck(kept.ExpectMessage("before").PacketId);
        TestClient old = broker.Connect("old", ProtocolVersion.V311);
        old.Publish("kept", "x", QualityOfService.AtLeastOnce, 1);
        old.ExpectClosed();

        _runs.Store.IsFull = false;
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce));
    }

    [Fact]
    public void Publishers_are_not_read_from_while_too_much_waits_for_the_disk()
    {
        using TestBroker broker = _runs.Start();
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        TestClient other = broker.Connect("other");
        _runs.Store.Holds = true;
        _runs.Store.IsBehind = true;

        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 1);
        Assert.True(publisher.IsPaused);

        _runs.Store.IsBehind = false;
        other.Publish("a", "y", QualityOfService.AtLeastOnce, 1);
        _runs.Store.CommitAll();
        publisher.ExpectAck<ServerPacket.PubAck>(1);
        Assert.False(publisher.IsPaused);
    }

    [Fact]
    public void On_a_full_disk_what_was_consumed_gives_its_room_back()
    {
        using TestBroker broker = _runs.Start(new StorePolicy { CheckpointBytes = 1_000_000_000 });
        TestClient kept = broker.KeptSubscriber("kept", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 20; i++) publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce);
        broker.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _runs.Store.TrimmedBefore);

        _runs.Store.IsFull = true;
        for (int i = 0; i < 20; i++) kept.PubAck(kept.ExpectMessage("x").PacketId);
        broker.Advance(TimeSpan.FromSeconds(10));

        Assert.True(_runs.Store.TrimmedBefore > 20);
    }

    [Fact]
    public void On_a_full_disk_nothing_is_written_again_that_does_not_fit()
    {
        using TestBroker broker = _runs.Start(new StorePolicy { CheckpointBytes = 1_000 });
        broker.KeptSubscriber("kept", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 20; i++) publisher.PublishToEnd("kept", "x", QualityOfService.AtLeastOnce);
        _runs.Store.IsFull = true;
        _runs.Store.HasRoom = false;
        long before = _runs.Store.AppendedBytes;

        broker.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(before, _runs.Store.AppendedBytes);

        _runs.Store.HasRoom = true;
        broker.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_runs.Store.TrimmedBefore > 20);
    }

    [Fact]
    public void SYS_tells_what_is_promised_and_how_long_the_disk_takes()
    {
        using TestBroker broker = _runs.Start(sysInterval: TimeSpan.FromSeconds(1));
        TestClient client = broker.Connect("client");
        client.Subscribe("$SYS/broker/store/#");

        Dictionary<string, string> told = client.All().OfType<ServerPacket.Publish>()
            .ToDictionary(p => p.Topic["$SYS/broker/store/".Length..], p => System.Text.Encoding.UTF8.GetString(p.Payload));

        Assert.Equal("fsync", told["ack"]);
        Assert.Equal("open", told["state"]);
        Assert.Equal(("0.002000", "0.003000", "0.004000"), (told["seconds/sync"], told["seconds/commit/median"], told["seconds/commit/99"]));
        Assert.Equal(("5", "6"), (told["bytes/waiting"], told["bytes/disk"]));
    }
}
