namespace Broker.Host.Endpoints.Epoll;

/// <summary>Something with a descriptor that belongs to one loop.</summary>
/// <remarks>Threading: <see cref="Post"/> from anywhere; everything else on the loop's thread.</remarks>
internal abstract class LoopMember(EpollLoop loop, int descriptor)
{
    private int _requests;

    /// <summary>Who owns it.</summary>
    public EpollLoop Loop { get; } = loop;

    /// <summary>Its descriptor.</summary>
    public int Descriptor { get; } = descriptor;

    /// <summary>Its place in the loop's table, which is its number in the events; -1 while it has none.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>The next one in the queue in which it waits for its requests to be seen to.</summary>
    public LoopMember? Next { get; set; }

    /// <summary>Asks for something; it is done soon, on the loop's thread. Whoever is the first since the last time queues it.</summary>
    public void Post(LoopRequests requests)
    {
        if (Interlocked.Or(ref _requests, (int)requests) == 0) Loop.Enqueue(this);
    }

    /// <summary>What was asked for since the last time.</summary>
    public LoopRequests TakeRequests() => (LoopRequests)Interlocked.Exchange(ref _requests, 0);

    /// <summary>The kernel has told something.</summary>
    public abstract void OnEvents(EpollEvents events);

    /// <summary>What was asked for, but for draining, which comes when the round is over.</summary>
    public abstract void OnRequests(LoopRequests requests);

    /// <summary>Goes on with what it left in the turn before: reading.</summary>
    public abstract void Continue();

    /// <summary>Sends what is to be sent.</summary>
    public abstract void Drain();

    /// <summary>The turn is over, and it had asked to go.</summary>
    public abstract void End();

    /// <summary>Something in it threw: it has to go, and nothing else.</summary>
    public abstract void Fault();
}
