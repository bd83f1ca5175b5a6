using System.Globalization;
using System.Text;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>Publishers that race for the same topics, and change-only subscribers whose connections break at any moment.</summary>
public sealed class ChangeRaceTests
{
    private const int Topics = 4;
    private const int Publishers = 3;
    private const int Receivers = 3;
    private const int MessagesEach = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Everybody_ends_with_the_last_value_of_every_topic(int seed)
    {
        using var broker = new ThreadedBroker();
        Receiver[] receivers = Run(broker, seed, i => ("$changes/t/#", (QualityOfService)i), lowest: QualityOfService.AtMostOnce);

        foreach (string topic in TopicNames())
        {
            foreach (Receiver receiver in receivers) Assert.Equal(ValueOf(broker, topic), receiver.All(topic)[^1]);
        }

        broker.AssertNoErrors();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Among_a_shared_group_somebody_gets_the_last_value_of_every_topic(int seed)
    {
        using var broker = new ThreadedBroker();
        Receiver[] receivers = Run(broker, seed, _ => ("$share/g/$changes/t/#", QualityOfService.AtLeastOnce), lowest: QualityOfService.AtLeastOnce);

        foreach (string topic in TopicNames()) Assert.Contains(receivers, receiver => receiver.All(topic).Contains(ValueOf(broker, topic)));
        broker.AssertNoErrors();
    }

    private static Receiver[] Run(ThreadedBroker broker, int seed, Func<int, (string Filter, QualityOfService Qos)> subscribe, QualityOfService lowest)
    {
        Publisher[] publishers = [.. Enumerable.Range(0, Publishers).Select(i => new Publisher(broker, $"publisher {i}", new Random((seed * 100) + i)))];
        var receivers = new Receiver[Receivers];
        for (int i = 0; i < Receivers; i++)
        {
            receivers[i] = new Receiver($"receiver {i}");
            receivers[i].Connect(broker);
            receivers[i].Subscribe(subscribe(i).Filter, subscribe(i).Qos);
        }

        int publishing = Publishers;
        Race.Run(Publishers + Receivers, number =>
        {
            var random = new Random((seed * 1_000) + number);
            if (number < Publishers)
            {
                for (int i = 0; i < MessagesEach; i++) publishers[number].Publish($"t/{random.Next(Topics)}", (QualityOfService)random.Next((int)lowest, 3));
                Interlocked.Decrement(ref publishing);
                return;
            }

            while (Volatile.Read(ref publishing) > 0)
            {
                receivers[number - Publishers].Receive(random.Next(5));
                if (random.Next(50) == 0) receivers[number - Publishers].Connect(broker);
            }
        });

        foreach (Receiver receiver in receivers) receiver.Connect(broker);
        for (bool any = true; any;)
        {
            any = false;
            foreach (Receiver receiver in receivers) any |= receiver.Receive(); // an answer can bring more, also to another one
        }

        return receivers;
    }

    private static IEnumerable<string> TopicNames() => Enumerable.Range(0, Topics).Select(i => $"t/{i}");

    private static int ValueOf(ThreadedBroker broker, string topic)
    {
        Message value = broker.Broker.Context.Values.TakeValue(broker.Broker.Context.Values.Find(Encoding.UTF8.GetBytes(topic))!)!; // it was published to
        int number = int.Parse(Encoding.UTF8.GetString(value.Payload), CultureInfo.InvariantCulture);
        value.Release();
        return number;
    }
}
