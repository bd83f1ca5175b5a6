using BenchmarkDotNet.Attributes;
using Broker.Core.Time;

namespace Broker.Benchmarks;

/// <summary>A tick of the heartbeat with many connections that have nothing due: it must not depend on how many there are.</summary>
[MemoryDiagnoser]
public class WheelBenchmarks
{
    private readonly TimingWheel _wheel = new();
    private long _now;

    [Params(1_000, 1_000_000)]
    public int Timers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Timers; i++) _wheel.Schedule(new Never(_wheel), 90_000_000_000 + i);
    }

    [Benchmark]
    public void Tick() => _wheel.Advance(_now += 100);

    private sealed class Never(TimingWheel wheel) : WheelTimer
    {
        protected internal override void Expired(long nowMs) => wheel.Schedule(this, nowMs + 90_000_000_000);
    }
}
