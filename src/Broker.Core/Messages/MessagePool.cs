namespace Broker.Core.Messages;

/// <summary>Makes messages out of publications and takes their memory back, so that steady traffic allocates nothing.</summary>
/// <remarks>
/// Threading: any thread. Each has a shelf of its own, so that the ordinary case takes no lock; shelves that are empty or full
/// exchange half of what fits with the store of all, under the gate.
/// </remarks>
public sealed class MessagePool
{
    // More idle messages than this are left to the garbage collector: a burst must not pin its memory for ever.
    private const int Idle = 4_096;

    [ThreadStatic]
    private static MessageShelf? _shelf;

    private readonly Lock _gate = new();
    private readonly Stack<Message> _idle = new();
    private readonly List<MessageShelf> _shelves = [];

    /// <summary>Messages that somebody holds at this moment; exact while nobody takes or releases one.</summary>
    public long Live
    {
        get
        {
            lock (_gate) return _shelves.Sum(shelf => shelf.Balance);
        }
    }

    /// <summary>Copies a publication into a message that the caller holds the one reference to.</summary>
    /// <param name="publication">What arrived.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    public Message Create(in Publication publication, long now)
    {
        MessageShelf shelf = Shelf();
        Message message = shelf.Take() ?? Fetch(shelf);
        message.Fill(publication, now);
        return message;
    }

    internal void Return(Message message)
    {
        MessageShelf shelf = Shelf();
        if (!shelf.TryPut(message)) Spill(shelf, message);
    }

    private MessageShelf Shelf() => _shelf is { } mine && mine.Pool == this ? mine : FindShelf();

    private MessageShelf FindShelf()
    {
        Thread current = Thread.CurrentThread;
        lock (_gate)
        {
            MessageShelf? shelf = _shelves.Find(shelf => shelf.Owner == current) ?? _shelves.Find(shelf => !shelf.Owner.IsAlive);
            if (shelf is null) _shelves.Add(shelf = new MessageShelf(this, current));
            shelf.Owner = current;
            return _shelf = shelf;
        }
    }

    private Message Fetch(MessageShelf shelf)
    {
        lock (_gate)
        {
            for (int i = 0; i < MessageShelf.Capacity / 2 && _idle.Count > 1; i++) shelf.TryAdd(_idle.Pop());
            if (_idle.TryPop(out Message? message)) return message;
        }

        return new Message(this);
    }

    private void Spill(MessageShelf shelf, Message message)
    {
        lock (_gate) shelf.TakeOff(_idle, Idle);
        shelf.TryAdd(message);
    }
}
