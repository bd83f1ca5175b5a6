using System.Buffers.Binary;
using System.Collections.Concurrent;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Loads;

/// <summary>Who waits for which message: a payload begins with a number, and its publisher waits until all who should have it do. Safe from any thread.</summary>
public sealed class Deliveries(int payloadBytes)
{
    private const int NumberBytes = 8;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<long, Pending> _pending = new();
    private long _next;
    private long _unexpected;

    /// <summary>Messages that nobody waited for.</summary>
    public long Unexpected => Interlocked.Read(ref _unexpected);

    /// <summary>Publishes a message of its own and waits until so many subscribers have it.</summary>
    public async Task<LoadResult> DeliverAsync(MqttConnection from, string topic, int subscribers, int qos, CancellationToken cancellation)
    {
        long number = Interlocked.Increment(ref _next);
        byte[] payload = new byte[Math.Max(NumberBytes, payloadBytes)];
        BinaryPrimitives.WriteInt64BigEndian(payload, number);
        var pending = new Pending(subscribers);
        _pending[number] = pending;
        try
        {
            await from.PublishAsync(topic, payload, qos, retain: false);
            await pending.Done.WaitAsync(_patience, cancellation);
            return LoadResult.Ok(payload.Length);
        }
        catch (TimeoutException)
        {
            return LoadResult.Fail("not delivered", $"A message to '{topic}' did not arrive within {_patience.TotalSeconds:0} s");
        }
        finally
        {
            _pending.TryRemove(number, out _);
        }
    }

    /// <summary>A subscriber got one.</summary>
    public void Received(in MqttMessage message) => Received(message.Payload);

    /// <summary>Somebody got one, by whatever way.</summary>
    public void Received(ReadOnlySpan<byte> payload)
    {
        if (payload.Length >= NumberBytes && _pending.TryGetValue(BinaryPrimitives.ReadInt64BigEndian(payload), out Pending? pending)) pending.One();
        else Interlocked.Increment(ref _unexpected);
    }

    private sealed class Pending(int left)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = left;

        public Task Done => _done.Task;

        public void One()
        {
            if (Interlocked.Decrement(ref _left) == 0) _done.TrySetResult();
        }
    }
}
