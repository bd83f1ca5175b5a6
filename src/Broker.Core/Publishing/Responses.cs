using System.Buffers;
using System.Collections.Concurrent;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>
/// Requests that the broker itself has sent, on behalf of callers that are no MQTT clients, and whose answers have not come. Each
/// has a topic of its own under <c>$responses/</c>. What is published there goes to the one who waits and nowhere else: no
/// subscription sees it, nothing is retained or kept.
/// </summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class Responses(MessagePool pool, BrokerClock clock)
{
    private readonly ConcurrentDictionary<byte[], PendingResponse> _pending = new(Utf8Comparer.Instance);

    /// <summary>How many wait.</summary>
    public int Count => _pending.Count;

    /// <summary>Whether a topic name is one of those that answers are published to.</summary>
    public static bool IsResponse(ReadOnlySpan<byte> topic) => topic[0] == (byte)'$' && topic.StartsWith("$responses/"u8);

    /// <summary>From now on an answer is taken.</summary>
    public void Add(PendingResponse response) => _pending.TryAdd(response.Topic, response);

    /// <summary>From now on none is taken.</summary>
    public void Remove(PendingResponse response) => _pending.TryRemove(response.Topic, out _);

    /// <summary>Everybody is told that no answer will come.</summary>
    public void CompleteAll()
    {
        foreach (PendingResponse response in _pending.Values) response.TryComplete(null);
    }

    /// <summary>
    /// Takes an answer. One that nobody waits for (it is late, or not the first, or its topic was guessed) is treated as any
    /// publication without subscribers.
    /// </summary>
    public RouteOutcome Deliver(in Publication publication)
    {
        bool isAwaited = _pending.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(publication.Topic, out PendingResponse? response);
        if (!isAwaited || !IsFor(publication.Properties, response!)) return RouteOutcome.NoSubscribers;
        Message message = pool.Create(publication, clock.Now);
        if (response!.TryComplete(message)) return RouteOutcome.Accepted;
        message.Release();
        return RouteOutcome.NoSubscribers;
    }

    /// <summary>The topic already says whose answer it is; Correlation Data that was changed on the way says that it is none.</summary>
    private static bool IsFor(ForwardedProperties properties, PendingResponse response)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(properties.Length);
        properties.CopyTo(block);
        bool hasData = PropertyReader.TryFind(block.AsSpan(0, properties.Length), PropertyId.CorrelationData, out ReadOnlySpan<byte> data);
        bool isFor = !hasData || data.SequenceEqual(response.CorrelationData);
        ArrayPool<byte>.Shared.Return(block);
        return isFor;
    }
}
