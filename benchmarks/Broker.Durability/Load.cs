using System.Diagnostics;
using Broker.LoadTests.Engine;

namespace Broker.Durability;

/// <summary>Publishers that each keep a number of messages on their way to a subscriber of their own, all on one thread.</summary>
internal sealed class Load : IDisposable
{
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Publisher[] _publishers;
    private readonly Subscriber[] _subscribers;
    private readonly LoadConnection[] _connections;
    private readonly Poll.Entry[] _entries;

    public Load(int port, int clients, int inflight, int payloadBytes)
    {
        _subscribers = [.. Enumerable.Range(0, clients).Select(number => new Subscriber(port, number))];
        _publishers = [.. Enumerable.Range(0, clients).Select(number => new Publisher(port, number, inflight, payloadBytes))];
        _connections = [.. _publishers, .. _subscribers];
        _entries = [.. _connections.Select(connection => new Poll.Entry { Descriptor = connection.Descriptor, Wanted = Poll.Readable })];
    }

    /// <summary>Runs it; everything that was acknowledged has come to its subscriber, or it throws.</summary>
    public LoadFigures Run(BrokerProcess broker, TimeSpan time)
    {
        foreach (Publisher publisher in _publishers) publisher.Start();
        Turn(_warmUp, () => false);
        var times = new LatencyHistogram();
        foreach (Publisher publisher in _publishers) publisher.Times = times;
        TimeSpan processor = broker.ProcessorTime;
        ulong before = Acknowledged;
        var watch = Stopwatch.StartNew();
        Turn(time, () => false);
        double seconds = watch.Elapsed.TotalSeconds;
        ulong count = Acknowledged - before;
        processor = broker.ProcessorTime - processor;
        foreach (Publisher publisher in _publishers) (publisher.Times, publisher.Stops) = (null, true);
        Turn(_patience, () => _publishers.All(publisher => publisher.IsDone) && Acknowledged == Received);
        if (Acknowledged != Received) throw new IOException($"{Acknowledged} were acknowledged, and {Received} came");
        return new LoadFigures(count / seconds, times.PercentileMs(50), times.PercentileMs(99), 1e6 * processor.TotalSeconds / count);
    }

    public void Dispose()
    {
        foreach (LoadConnection connection in _connections) connection.Dispose();
    }

    private ulong Acknowledged => _publishers.Aggregate(0ul, (sum, publisher) => sum + publisher.Acknowledged);

    private ulong Received => _subscribers.Aggregate(0ul, (sum, subscriber) => sum + subscriber.Received);

    private void Turn(TimeSpan time, Func<bool> isOver)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time && !isOver())
        {
            Poll.Wait(_entries, 10);
            for (int i = 0; i < _entries.Length; i++)
            {
                if (_entries[i].Found != 0) _connections[i].Receive();
            }
        }
    }
}

/// <summary>What came of a load.</summary>
/// <param name="Rate">Messages a second.</param>
/// <param name="MedianMs">Milliseconds from PUBLISH to PUBACK, at the median.</param>
/// <param name="P99Ms">The 99th percentile of it.</param>
/// <param name="ProcessorMicroseconds">Processor time of the broker for a message.</param>
internal sealed record LoadFigures(double Rate, double MedianMs, double P99Ms, double ProcessorMicroseconds);
