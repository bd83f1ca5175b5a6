using System.ComponentModel.DataAnnotations;
using Broker.Host.Endpoints.Epoll;

namespace Broker.Host.Configuration;

/// <summary>How plain TCP connections (mqtt endpoints) are driven: <c>Broker:Tcp</c>.</summary>
internal sealed record TcpOptions
{
    /// <summary>What drives them. TLS and WebSocket always use the sockets of .NET.</summary>
    public TcpDriver Driver { get; init; } = TcpDriver.Auto;

    /// <summary>
    /// The event loops of the epoll driver; each is a thread that owns its share of the connections. 0: one for each processor
    /// that the process may use.
    /// </summary>
    [Range(0, EpollLoops.MaxCount)]
    public int EventLoops { get; init; }

    /// <summary>Whether this system has what the epoll driver needs.</summary>
    public static bool HasEpoll => OperatingSystem.IsLinux();

    /// <summary>Whether the epoll driver is the one to use.</summary>
    public bool UsesEpoll => Driver != TcpDriver.Sockets && HasEpoll;

    /// <summary>How many loops there are to be.</summary>
    public int LoopCount => EventLoops > 0 ? EventLoops : Math.Min(Environment.ProcessorCount, EpollLoops.MaxCount);
}
