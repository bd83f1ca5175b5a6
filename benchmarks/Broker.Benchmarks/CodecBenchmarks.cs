using BenchmarkDotNet.Attributes;
using Broker.Core.Protocol;

namespace Broker.Benchmarks;

/// <summary>Reading PUBLISH packets.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly byte[] _v311 = Packets.Publish("plant/line/machine/temp", 64, 1);
    private readonly byte[] _v5 = Packets.Publish("plant/line/machine/temp", 64, 1, level: 5);

    [Benchmark]
    public int ReadPublishV311() => Read(_v311, ProtocolVersion.V311);

    [Benchmark]
    public int ReadPublishV5() => Read(_v5, ProtocolVersion.V5);

    private static int Read(byte[] bytes, ProtocolVersion version)
    {
        FrameReader.TryRead(bytes, int.MaxValue, out Frame frame, out _);
        return PublishPacket.Read(frame, version, 64).Payload.Length;
    }
}
