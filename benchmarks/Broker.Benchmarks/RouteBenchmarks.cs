using BenchmarkDotNet.Attributes;
using Broker.Core;

namespace Broker.Benchmarks;

/// <summary>A PUBLISH from its bytes to the bytes of every subscriber, without a network.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private const int Batch = 50;

    private readonly MqttBroker _broker = new(new MqttBrokerOptions { SysInterval = TimeSpan.Zero }, new BrokerParts());
    private readonly List<Loopback> _subscribers = [];
    private Loopback _publisher = null!;
    private byte[] _packets = [];

    [Params(1, 100, 10_000)]
    public int Subscribers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _publisher = new Loopback(_broker, "publisher");
        for (int i = 0; i < Subscribers; i++)
        {
            var subscriber = new Loopback(_broker, "subscriber-" + i);
            subscriber.Send(Packets.Subscribe("plant/line/machine/temp", 0));
            _subscribers.Add(subscriber);
        }

        _packets = [.. Enumerable.Repeat(Packets.Publish("plant/line/machine/temp", 64, 0), Batch).SelectMany(p => p)];
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Publish() => _publisher.Send(_packets);

    [GlobalCleanup]
    public void Cleanup() => _broker.Dispose();
}
