using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Tests.Messages;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class DeliveryQueueTests
{
    [Fact]
    public void It_is_a_queue_whatever_is_put_in_and_taken_out()
    {
        Gen.Bool.List[1, 500].Sample(steps =>
        {
            var messages = new TestMessages();
            var queue = new DeliveryQueue();
            var model = new Queue<long>();
            long number = 0;
            foreach (bool adds in steps)
            {
                if (adds || model.Count == 0)
                {
                    queue.Enqueue(new Delivery(messages.Create($"{number}"), QualityOfService.AtLeastOnce, false), number);
                    model.Enqueue(number++);
                }
                else
                {
                    Delivery delivery = queue.Dequeue();
                    Assert.Equal($"{model.Dequeue()}", TestMessages.TextOf(delivery.Message));
                    delivery.Message.Release();
                }

                Assert.Equal(model.Count, queue.Count);
                Assert.Equal(model.TryPeek(out long first) ? first : long.MaxValue, queue.FirstNumber);
            }
        });
    }

    [Fact]
    public void Expired_messages_are_removed_from_any_place_also_around_the_end_of_the_ring()
    {
        var messages = new TestMessages();
        var queue = new DeliveryQueue();
        for (int i = 0; i < 6; i++) queue.Enqueue(new Delivery(messages.Create("x"), QualityOfService.AtLeastOnce, false), i);
        for (int i = 0; i < 6; i++) queue.Dequeue().Message.Release();
        for (int i = 0; i < 8; i++) queue.Enqueue(new Delivery(messages.Create($"{i}", expiry: i % 2 == 0 ? 1u : null), QualityOfService.AtLeastOnce, false), i);

        long bytes = queue.RemoveExpired(1_000, null, out int removed);

        Assert.Equal((4, 16L, 4), (removed, bytes, queue.Count)); // 2 bytes of length, topic, payload
        Assert.Equal(4, messages.Pool.Live);
        foreach (string text in (string[])["1", "3", "5", "7"]) Assert.Equal(text, TestMessages.TextOf(queue.Dequeue().Message));
    }
}
