using System.Globalization;
using Broker.Core;
using Broker.Core.Limits;
using Broker.Core.Primitives;
using Broker.Core.Time;

namespace Broker.Benchmarks;

/// <summary>
/// What connected clients that do nothing cost: the managed heap for one and for its first subscription, the time to route a publication
/// past them, and the time of a tick of the heartbeat, which must not depend on how many they are.
/// </summary>
internal static class SessionFigures
{
    private const int Batch = 50;
    private const int Rounds = 2_000;
    private const int KeepAlive = ushort.MaxValue; // seconds: nobody's is over within the ticks that are measured

    public static int Run()
    {
        Console.WriteLine("clients  bytes a client  bytes of its first subscription  route to 1, ns  tick, ns");
        foreach (int clients in (int[])[1_000, 10_000, 100_000]) Measure(clients);
        return 0;
    }

    private static void Measure(int count)
    {
        var limits = new BrokerLimits { Connections = count + 1, Sessions = count + 1 };
        using var broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero, Limits = limits }, new BrokerParts());
        using var output = new OutputBuffer(OutputBuffer.TargetBytes);
        var clients = new Loopback[count];
        var publisher = new Loopback(broker, "publisher", output: output);
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < count; i++) clients[i] = new Loopback(broker, $"device-{i:D6}", output: output, keepAlive: KeepAlive);
        long connected = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < count; i++) clients[i].Send(Packets.Subscribe($"plant/line-{i % 100}/device-{i}/command", 1));
        long subscribed = GC.GetTotalMemory(forceFullCollection: true);

        byte[] publications = [.. Enumerable.Repeat(Packets.Publish("plant/line-7/device-7/command", 64, 0), Batch).SelectMany(p => p)];
        double route = Fastest.Of(() => publisher.Send(publications), Rounds) / Batch;
        long now = 0;
        double tick = Fastest.Of(() => broker.Context.Wheel.Advance(now += TimingWheel.TickMs), Rounds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count,7:N0} {(connected - empty) / (double)count,15:F0} {(subscribed - connected) / (double)count,32:F0} {route,15:F0} {tick,9:F0}"));
        GC.KeepAlive(clients);
    }
}
