namespace Broker.Host.Tests.Tcp;

public sealed class EpollFaultTests() : TcpFaultTests("Epoll");
