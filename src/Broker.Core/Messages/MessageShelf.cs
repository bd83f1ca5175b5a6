namespace Broker.Core.Messages;

/// <summary>
/// The idle messages that one thread keeps at hand, the last one returned on top: it and its buffer are still in the
/// processor's cache.
/// </summary>
/// <remarks>
/// Owner: the thread named; only it takes and puts. A shelf whose thread has ended is given to the next one that asks.
/// Others read the balance only.
/// </remarks>
internal sealed class MessageShelf(MessagePool pool, Thread owner)
{
    /// <summary>Messages that fit.</summary>
    public const int Capacity = 64;

    private readonly Message?[] _messages = new Message?[Capacity];
    private int _count;
    private long _balance;

    /// <summary>Whose messages these are.</summary>
    public MessagePool Pool => pool;

    /// <summary>Whose shelf this is.</summary>
    public Thread Owner { get; set; } = owner;

    /// <summary>Messages taken less messages put back by this thread; those of all threads together are the live ones.</summary>
    public long Balance => Volatile.Read(ref _balance);

    /// <summary>The message on top, or null if there is none.</summary>
    public Message? Take()
    {
        Volatile.Write(ref _balance, _balance + 1);
        if (_count == 0) return null;
        Message? message = _messages[--_count];
        _messages[_count] = null;
        return message;
    }

    /// <summary>Puts a message on top; false if the shelf is full.</summary>
    public bool TryPut(Message message)
    {
        Volatile.Write(ref _balance, _balance - 1);
        return TryAdd(message);
    }

    /// <summary>Adds a message from the store of all threads; false if the shelf is full.</summary>
    public bool TryAdd(Message message)
    {
        if (_count == Capacity) return false;
        _messages[_count++] = message;
        return true;
    }

    /// <summary>Takes the lower half off: those that were used longest ago.</summary>
    public void TakeOff(Stack<Message> others, int most)
    {
        int half = _count / 2;
        for (int i = 0; i < half && others.Count < most; i++) others.Push(_messages[i]!); // filled up to _count
        _messages.AsSpan(half, _count - half).CopyTo(_messages);
        _messages.AsSpan(_count - half, half).Clear();
        _count -= half;
    }
}
