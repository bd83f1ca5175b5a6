namespace Broker.Host.Configuration;

/// <summary>What plain TCP connections are driven by.</summary>
internal enum TcpDriver
{
    /// <summary><see cref="Epoll"/> on Linux, <see cref="Sockets"/> elsewhere.</summary>
    Auto,

    /// <summary>Event loops of our own.</summary>
    Epoll,

    /// <summary>The sockets of .NET.</summary>
    Sockets,
}
