using BenchmarkDotNet.Attributes;
using Broker.Core;

namespace Broker.Benchmarks;

/// <summary>QoS 1 from publisher to subscriber and back: PUBLISH, PUBACK, delivery, the subscriber's PUBACK.</summary>
[MemoryDiagnoser]
public class AckWindowBenchmarks
{
    private const int Batch = 50;

    private readonly MqttBroker _broker = new(new MqttBrokerOptions { SysInterval = TimeSpan.Zero }, new BrokerParts());
    private readonly byte[] _acks = new byte[4 * Batch];
    private Loopback _publisher = null!;
    private Loopback _subscriber = null!;
    private byte[] _packets = [];

    [GlobalSetup]
    public void Setup()
    {
        _publisher = new Loopback(_broker, "publisher");
        _subscriber = new Loopback(_broker, "subscriber");
        _subscriber.Send(Packets.Subscribe("plant/line/machine/temp", 1));
        _packets = [.. Enumerable.Range(1, Batch).SelectMany(id => Packets.Publish("plant/line/machine/temp", 64, 1, id: (ushort)id))];
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Exchange()
    {
        _publisher.Send(_packets);
        ReadOnlySpan<byte> sent = _subscriber.Last;
        int size = sent.Length / Batch;
        for (int i = 0; i < Batch; i++)
        {
            ReadOnlySpan<byte> packet = sent.Slice(i * size, size);
            int id = 2 + 2 + packet[3]; // header, topic length, topic
            _acks[4 * i] = 0x40;
            _acks[(4 * i) + 1] = 2;
            packet.Slice(id, 2).CopyTo(_acks.AsSpan((4 * i) + 2));
        }

        _subscriber.Send(_acks);
    }

    [GlobalCleanup]
    public void Cleanup() => _broker.Dispose();
}
