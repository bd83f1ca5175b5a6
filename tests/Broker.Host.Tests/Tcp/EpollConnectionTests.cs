namespace Broker.Host.Tests.Tcp;

public sealed class EpollConnectionTests() : TcpConnectionTests("Epoll");
