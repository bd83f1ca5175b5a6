using System.Buffers;
using System.Collections.Concurrent;

namespace Broker.Core.Messages;

/// <summary>Makes messages out of publications and takes their memory back, so that steady traffic allocates nothing.</summary>
/// <remarks>Threading: any thread.</remarks>
public sealed class MessagePool
{
    // More idle messages than this are left to the garbage collector: a burst must not pin its memory for ever.
    private const int Idle = 4_096;

    private readonly ConcurrentQueue<Message> _idle = new();
    private int _idleCount;
    private long _live;

    /// <summary>Messages that somebody holds at this moment.</summary>
    public long Live => Interlocked.Read(ref _live);

    /// <summary>Copies a publication into a message that the caller holds the one reference to.</summary>
    /// <param name="publication">What arrived.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    public Message Create(in Publication publication, long now)
    {
        int size = 2 + publication.Topic.Length + publication.Properties.Length + publication.Payload.Length;
        if (_idle.TryDequeue(out Message? message)) Interlocked.Decrement(ref _idleCount);
        else message = new Message(this);
        message.Fill(publication, ArrayPool<byte>.Shared.Rent(size), now);
        Interlocked.Increment(ref _live);
        return message;
    }

    internal void Return(Message message, byte[] bytes)
    {
#if DEBUG
        bytes.AsSpan().Fill(0xDD); // a use after release shows itself
#endif
        ArrayPool<byte>.Shared.Return(bytes);
        Interlocked.Decrement(ref _live);
        if (Interlocked.Increment(ref _idleCount) <= Idle) _idle.Enqueue(message);
        else Interlocked.Decrement(ref _idleCount);
    }
}
