namespace Broker.Host.Endpoints.Epoll;

/// <summary>What the kernel tells of a descriptor.</summary>
[Flags]
internal enum EpollEvents : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>There is something to read.</summary>
    Readable = 0x1,

    /// <summary>There is room to write.</summary>
    Writable = 0x4,

    /// <summary>It failed.</summary>
    Error = 0x8,

    /// <summary>Both directions are over.</summary>
    HungUp = 0x10,

    /// <summary>The peer sends nothing more.</summary>
    PeerFinished = 0x2000,

    /// <summary>Told once each time that it changes, not as long as it is so.</summary>
    EdgeTriggered = 0x8000_0000,
}
