using System.Globalization;
using Broker.Core;
using Broker.Core.Primitives;

namespace Broker.Benchmarks;

/// <summary>
/// What one connected client that does nothing costs in the core: the managed heap before and after many of them connect, first with
/// nothing else, then with a subscription each.
/// </summary>
internal static class SessionFigures
{
    private const int Sessions = 10_000;

    public static int Run()
    {
        using var broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero }, new BrokerParts());
        using var output = new OutputBuffer(OutputBuffer.TargetBytes);
        var clients = new Loopback[Sessions];
        GC.KeepAlive(new Loopback(broker, "first", output: output)); // what is made once
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Sessions; i++) clients[i] = new Loopback(broker, $"device-{i:D5}", output: output);
        long connected = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Sessions; i++) clients[i].Send(Packets.Subscribe($"plant/line-{i % 100}/device-{i}/command", 1));
        long subscribed = GC.GetTotalMemory(forceFullCollection: true);
        Print("connected client (3.1.1, keep alive 0, no will)", connected - empty);
        Print("its first subscription", subscribed - connected);
        GC.KeepAlive(clients);
        return 0;
    }

    private static void Print(string what, long bytes) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-50} {bytes / (double)Sessions,8:F0} bytes"));
}
