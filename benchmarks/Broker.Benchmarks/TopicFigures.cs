using System.Diagnostics;
using System.Globalization;
using System.Text;
using Broker.Core;
using Broker.Core.ChangeDetection;
using Broker.Core.Primitives;

namespace Broker.Benchmarks;

/// <summary>
/// What a topic under a change-only rule costs beyond its name and value, the time of its first publication and of one that changes it,
/// and the time to list the topics of a filter that matches ten, each with one value of every topic in memory.
/// </summary>
internal static class TopicFigures
{
    private const int Rounds = 3;
    private const string Value = "21.5";

    public static int Run()
    {
        Console.WriteLine("topics     bytes a topic  first, ns  change, ns  subscribe to 10, us");
        foreach (int topics in (int[])[1_000, 100_000, 1_000_000]) Measure(topics);
        return 0;
    }

    private static void Measure(int topics)
    {
        ChangeRule[] rules = [new("all", "plant/#"u8.ToArray(), ChangeOptions.Exact)];
        using var broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero, ChangeRules = rules }, new BrokerParts());
        using var output = new OutputBuffer(OutputBuffer.TargetBytes);
        using var publisher = new Loopback(broker, "publisher", output: output);
        using var subscriber = new Loopback(broker, "subscriber", output: output);
        publisher.Send(Packet(0, Value));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long began = Stopwatch.GetTimestamp();
        long content = 0;
        for (int i = 1; i < topics; i++)
        {
            publisher.Send(Packet(i, Value));
            content += Encoding.UTF8.GetByteCount(Topic(i)) + Value.Length;
        }

        double first = Stopwatch.GetElapsedTime(began).TotalNanoseconds / topics;
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before - content) / (double)topics;
        double change = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            string value = round % 2 == 0 ? "22.5" : Value;
            began = Stopwatch.GetTimestamp();
            for (int i = 0; i < topics; i++) publisher.Send(Packet(i, value));
            change = Math.Min(change, Stopwatch.GetElapsedTime(began).TotalNanoseconds / topics);
        }

        began = Stopwatch.GetTimestamp();
        const int Subscriptions = 100;
        for (int i = 0; i < Subscriptions; i++) subscriber.Send(Packets.Subscribe($"plant/line-{i * (topics / 1_000)}/+/temp", 0));
        double subscribe = Stopwatch.GetElapsedTime(began).TotalMicroseconds / Subscriptions;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{topics,9:N0} {bytes,14:F0} {first,10:F0} {change,11:F0} {subscribe,20:F0}"));
    }

    // Ten topics a line.
    private static string Topic(int i) => $"plant/line-{i / 10}/sensor-{i % 10}/temp";

    private static byte[] Packet(int i, string value)
    {
        byte[] packet = Packets.Publish(Topic(i), value.Length, qos: 0);
        Encoding.UTF8.GetBytes(value).CopyTo(packet, packet.Length - value.Length);
        return packet;
    }
}
