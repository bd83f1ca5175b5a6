using Broker.Core.Protocol;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>Subscribing at the very moment at which something is published, or at which others subscribe.</summary>
public sealed class SubscribeRaceTests
{
    [Fact]
    public void Who_subscribes_while_a_value_is_retained_ends_with_that_value()
    {
        const int Rounds = 3_000;
        const int Subscribers = 2;
        using var broker = new ThreadedBroker();
        using var barrier = new Barrier(1 + Subscribers);

        Race.Run(1 + Subscribers, number =>
        {
            if (number == 0)
            {
                var publisher = new Publisher(broker, "publisher", new Random(0)); // its connection breaks now and then
                for (int round = 0; round < Rounds; round++)
                {
                    barrier.SignalAndWait();
                    publisher.Publish("r", QualityOfService.AtLeastOnce, retain: true);
                    barrier.SignalAndWait();
                }

                return;
            }

            var receiver = new Receiver($"receiver {number}");
            receiver.Connect(broker);
            for (int round = 1; round <= Rounds; round++)
            {
                barrier.SignalAndWait();
                receiver.Subscribe("r", QualityOfService.AtLeastOnce);
                barrier.SignalAndWait();
                while (receiver.Receive())
                {
                }

                int[] got = receiver.All("r");
                Assert.True(got.Length > 0 && got[^1] == round, $"Round {round}: it ends with {(got.Length > 0 ? got[^1] : 0)}");
                Assert.Equal(got.Order(), got);
                receiver.Got.Clear();
                receiver.Unsubscribe("r");
            }
        });

        broker.AssertNoErrors();
    }

    [Fact]
    public void Values_that_change_all_the_time_never_go_back_for_those_who_come_and_go()
    {
        using var broker = new ThreadedBroker(new() { QueueMessages = 1_000_000 });
        const int Topics = 300; // more than a replay fetches at a time
        const int Subscribers = 2;
        var publisher = new Publisher(broker, "publisher", new Random(0));
        for (int t = 0; t < Topics; t++) publisher.Publish($"r/{t}", QualityOfService.AtLeastOnce, retain: true);
        Receiver[] receivers = [.. Enumerable.Range(0, Subscribers).Select(i => new Receiver($"receiver {i}"))];
        bool isOver = false;

        Race.Run(1 + Subscribers, number =>
        {
            var random = new Random(number);
            if (number == 0)
            {
                for (int i = 0; i < 4_000; i++) publisher.Publish($"r/{random.Next(Topics)}", QualityOfService.AtLeastOnce, retain: true);
                Volatile.Write(ref isOver, true);
                return;
            }

            Receiver receiver = receivers[number - 1];
            receiver.Connect(broker);
            do
            {
                receiver.Subscribe(random.Next(2) == 0 ? "r/+" : "r/#", QualityOfService.AtLeastOnce);
                for (int i = random.Next(200); i > 0; i--) receiver.Receive(random.Next(1, 20));
            }
            while (!Volatile.Read(ref isOver)); // at least once: the publisher may be done before this thread began
        });

        foreach (Receiver receiver in receivers)
        {
            while (receiver.Receive())
            {
            }

            for (int t = 0; t < Topics; t++)
            {
                int[] got = receiver.New($"r/{t}");
                Assert.Equal(publisher.Last[$"r/{t}"], got[^1]);
            }
        }

        broker.AssertNoErrors();
    }

    [Fact]
    public void A_group_that_many_join_and_leave_at_once_is_one_group()
    {
        const int Members = 4;
        const int Rounds = 1_000;
        using var broker = new ThreadedBroker();
        using var barrier = new Barrier(Members);
        int got = 0;

        Race.Run(Members, number =>
        {
            var random = new Random(number);
            ThreadedConnection connection = broker.Connect($"member {number}");
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < 8; i++)
                {
                    connection.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "$share/g/t"));
                    if (random.Next(4) > 0) connection.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, "$share/g/t"));
                }

                connection.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "$share/g/t"));
                barrier.SignalAndWait();
                if (number == 0) connection.Send(ClientPackets.Publish(ProtocolVersion.V5, "t", "x"));
                barrier.SignalAndWait();
                Interlocked.Add(ref got, connection.Take().OfType<ServerPacket.Publish>().Count());
                barrier.SignalAndWait();
                if (number == 0) Assert.Equal(round + 1, Volatile.Read(ref got));
                connection.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, "$share/g/t"));
                barrier.SignalAndWait();
                if (number == 0) Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
                barrier.SignalAndWait();
            }

            connection.Drop();
        });

        broker.Advance(TimeSpan.FromSeconds(11));
        broker.AssertNothingIsLeft();
    }

    [Fact]
    public void A_sole_member_of_a_group_that_turns_ready_or_busy_while_it_is_asked_misses_nothing()
    {
        const int Publishers = 3;
        const int Bursts = 60_000;
        const int BurstSize = 2;
        using var broker = new ThreadedBroker(new() { QueueMessages = 1_000_000 });
        ThreadedConnection member = broker.Connect("member");
        member.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "$share/g/t", QualityOfService.AtLeastOnce));
        Assert.NotNull(member.Await<ServerPacket.SubAck>(_ => { }));
        int publishing = Publishers;
        int got = 0;
        byte[] burst = [.. Enumerable.Range(1, BurstSize).SelectMany(id => ClientPackets.Publish(ProtocolVersion.V5, "t", "x", QualityOfService.AtLeastOnce, (ushort)id))];

        Race.Run(Publishers + 1, number =>
        {
            if (number < Publishers)
            {
                ThreadedConnection publisher = broker.Connect($"publisher {number}");
                for (int i = 0; i < Bursts; i++)
                {
                    publisher.Send(burst);
                    Assert.Equal(BurstSize, publisher.Take().OfType<ServerPacket.PubAck>().Count());
                }

                publisher.Drop();
                Interlocked.Decrement(ref publishing);
                return;
            }

            bool isLast = false;
            while (!isLast)
            {
                bool isOver = Volatile.Read(ref publishing) == 0; // before what it published is taken
                List<ServerPacket> messages = member.Take();
                isLast = isOver && messages.Count == 0;
                got += messages.Count;
                foreach (ServerPacket packet in messages)
                {
                    member.Send(ClientPackets.PubAck(ProtocolVersion.V5, Assert.IsType<ServerPacket.Publish>(packet).PacketId));
                }
            }
        });

        Assert.Equal(Publishers * Bursts * BurstSize, got);
        member.Drop();
        broker.Advance(TimeSpan.FromSeconds(11));
        broker.AssertNothingIsLeft();
    }
}
