using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Time;

namespace Broker.Benchmarks;

/// <summary>
/// The hand-over from router to session: the session's own outbox under its gate, against System.Threading.Channels with the
/// same bounds (messages by the channel, bytes by a counter beside it). What the choice rests on.
/// </summary>
[MemoryDiagnoser]
public class HandOverBenchmarks
{
    private const int Batch = 50;

    private readonly BrokerLimits _limits = new();
    private readonly Lock _gate = new();
    private Outbox _outbox = null!;
    private Channel<Delivery> _bounded = null!;
    private Channel<Delivery> _unbounded = null!;
    private Delivery _delivery;
    private long _bytes;
    private int _count;

    [GlobalSetup]
    public void Setup()
    {
        _outbox = new Outbox(new LimitsInForce(_limits), new BrokerClock(TimeProvider.System));
        _bounded = Channel.CreateBounded<Delivery>(new BoundedChannelOptions(_limits.QueueMessages) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _unbounded = Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleReader = true });
        var publication = new Publication { Topic = "plant/line/machine/temp"u8, Payload = new byte[64], Publisher = PublisherIdentity.Broker };
        _delivery = new Delivery(new MessagePool().Create(publication, 0), QualityOfService.AtMostOnce, retain: false);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public void OutboxUnderItsGate()
    {
        for (int i = 0; i < Batch; i++)
        {
            lock (_gate) _outbox.TryAdd(_delivery, out _);
        }

        lock (_gate)
        {
            while (_outbox.TryTake(windowOpen: true, long.MaxValue, out _))
            {
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void BoundedChannel()
    {
        for (int i = 0; i < Batch; i++)
        {
            if (Interlocked.Add(ref _bytes, _delivery.Message.Size) <= _limits.QueueBytes) _bounded.Writer.TryWrite(_delivery);
        }

        while (_bounded.Reader.TryRead(out Delivery delivery)) Interlocked.Add(ref _bytes, -delivery.Message.Size);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void UnboundedChannelWithCounters()
    {
        for (int i = 0; i < Batch; i++)
        {
            bool fits = Interlocked.Add(ref _bytes, _delivery.Message.Size) <= _limits.QueueBytes && Interlocked.Increment(ref _count) <= _limits.QueueMessages;
            if (fits) _unbounded.Writer.TryWrite(_delivery);
        }

        while (_unbounded.Reader.TryRead(out Delivery delivery))
        {
            Interlocked.Add(ref _bytes, -delivery.Message.Size);
            Interlocked.Decrement(ref _count);
        }
    }
}
