using System.Diagnostics;
using MQTTnet;
using MQTTnet.Protocol;

namespace Broker.Client.Throughput;

/// <summary>The same course for both clients: many publishers at a time that each await their acknowledgement, one subscriber, the clock stops at the last arrival.</summary>
internal static class Course
{
    public const int PayloadBytes = 100;
    public const int UnderWay = 200;

    private const string Topic = "throughput";

    public static async Task<double> OursAsync(int port, int qos, int messages)
    {
        await using BrokerClient subscriber = await BrokerClient.ConnectAsync($"mqtt://127.0.0.1:{port}");
        await using BrokerClient publisher = await BrokerClient.ConnectAsync($"mqtt://127.0.0.1:{port}");
        Subscription<byte[]> all = subscriber.Subscribe<byte[]>(Topic, new SubscribeOptions { Qos = (QualityOfService)qos, Capacity = 10 * UnderWay });
        await all.StartAsync();
        var message = new OutgoingMessage(Topic, new byte[PayloadBytes]) { Options = new PublishOptions { Qos = (QualityOfService)qos } };
        using var room = new SemaphoreSlim(UnderWay);
        Task reading = Task.Run(async () =>
        {
            int arrived = 0;
            await foreach (Message<byte[]> _ in all)
            {
                room.Release();
                if (++arrived == messages) return;
            }
        });
        return await RunAsync(messages, room, reading, () => publisher.PublishAsync(message));
    }

    public static async Task<double> PlainAsync(int port, int qos, int messages)
    {
        var factory = new MqttClientFactory();
        using IMqttClient subscriber = factory.CreateMqttClient();
        using IMqttClient publisher = factory.CreateMqttClient();
        var reading = new TaskCompletionSource();
        using var room = new SemaphoreSlim(UnderWay);
        int arrived = 0;
        subscriber.ApplicationMessageReceivedAsync += _ =>
        {
            room.Release();
            if (Interlocked.Increment(ref arrived) == messages) reading.TrySetResult();
            return Task.CompletedTask;
        };
        await subscriber.ConnectAsync(Options(port));
        await publisher.ConnectAsync(Options(port));
        await subscriber.SubscribeAsync(Topic, (MqttQualityOfServiceLevel)qos);
        MqttApplicationMessage message = new MqttApplicationMessageBuilder()
            .WithTopic(Topic).WithPayload(new byte[PayloadBytes]).WithQualityOfServiceLevel((MqttQualityOfServiceLevel)qos).Build();
        double rate = await RunAsync(messages, room, reading.Task, () => publisher.PublishAsync(message));
        await publisher.DisconnectAsync();
        await subscriber.DisconnectAsync();
        return rate;
    }

    // Each with a client identifier of its own, which the builder chooses.
    private static MqttClientOptions Options(int port) =>
        new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).Build();

    private static async Task<double> RunAsync(int messages, SemaphoreSlim room, Task reading, Func<Task> publish)
    {
        int left = messages;
        long start = Stopwatch.GetTimestamp();
        Task[] publishers = [.. Enumerable.Range(0, UnderWay).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await room.WaitAsync();
                await publish();
            }
        }))];
        await Task.WhenAll(publishers);
        await reading;
        return messages / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
