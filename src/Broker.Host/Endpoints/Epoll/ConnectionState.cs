namespace Broker.Host.Endpoints.Epoll;

/// <summary>Where an <see cref="EpollConnection"/> stands.</summary>
[Flags]
internal enum ConnectionState : ushort
{
    /// <summary>It waits for whatever comes.</summary>
    None = 0,

    /// <summary>The broker wants no more bytes until it says so.</summary>
    Paused = 0x1,

    /// <summary>It has said so.</summary>
    Resumed = 0x2,

    /// <summary>The system may have more bytes.</summary>
    Readable = 0x4,

    /// <summary>No edge will tell of the end that comes after these bytes: it was told already.</summary>
    PeerEnds = 0x8,

    /// <summary>It is in the queue of those that go on reading.</summary>
    Continues = 0x10,

    /// <summary>The broker is done with it: what comes is thrown away.</summary>
    Discards = 0x20,

    /// <summary>When what is unsent is gone, everything is.</summary>
    ClosesWhenSent = 0x40,

    /// <summary>The broker is to be told that it is closed; the cause is known.</summary>
    Ending = 0x80,

    /// <summary>Nothing can be sent or received any more.</summary>
    Dead = 0x100,

    /// <summary>Everything was sent that the broker had to say.</summary>
    Finished = 0x200,

    /// <summary>It waits for the end of the turn.</summary>
    EndsLater = 0x400,

    /// <summary>The peer sends nothing more; what the broker has answered already may still reach it.</summary>
    AtEnd = 0x800,

    /// <summary>Its loop has taken it over, and the broker's connection is known.</summary>
    Watched = 0x1000,

    /// <summary>It was to go before it was watched.</summary>
    EndsEarly = 0x2000,
}
