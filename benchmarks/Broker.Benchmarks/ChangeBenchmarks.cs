using System.Text;
using BenchmarkDotNet.Attributes;
using Broker.Core;
using Broker.Core.ChangeDetection;

namespace Broker.Benchmarks;

/// <summary>A PUBLISH to one subscriber that may get only changes, from its bytes to the subscriber's, without a network.</summary>
[MemoryDiagnoser]
public class ChangeBenchmarks
{
    private const string Topic = "plant/temperature";
    private const int Batch = 50;

    private MqttBroker _broker = null!;
    private Loopback _publisher = null!;
    private byte[] _packets = [];

    /// <summary>What the subscriber subscribes to.</summary>
    [Params("$changes/" + Topic, Topic)]
    public string Filter { get; set; } = Topic;

    /// <summary>Whether every value differs from the one before.</summary>
    [Params(false, true)]
    public bool IsChanging { get; set; }

    /// <summary>Whether a rule with a deadband matches the topic.</summary>
    public bool IsRuled { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var band = new ChangeOptions { Deadband = new Deadband(0.5, IsRelative: false) };
        ChangeRule[] rules = IsRuled ? [new ChangeRule("benchmark", "plant/#"u8.ToArray(), band)] : [];
        _broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero, ChangeRules = rules }, new BrokerParts());
        _publisher = new Loopback(_broker, "publisher");
        new Loopback(_broker, "subscriber").Send(Packets.Subscribe(Filter, 0));
        _packets = [.. Enumerable.Range(0, Batch).SelectMany(i => Publish(IsChanging && i % 2 == 1 ? "21.5000" : "20.5000"))];
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Publish() => _publisher.Send(_packets);

    [GlobalCleanup]
    public void Cleanup() => _broker.Dispose();

    private static byte[] Publish(string value)
    {
        byte[] packet = Packets.Publish(Topic, value.Length, qos: 0);
        Encoding.UTF8.GetBytes(value).CopyTo(packet, packet.Length - value.Length);
        return packet;
    }
}
