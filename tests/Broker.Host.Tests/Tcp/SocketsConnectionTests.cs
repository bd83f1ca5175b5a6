namespace Broker.Host.Tests.Tcp;

public sealed class SocketsConnectionTests() : TcpConnectionTests("Sockets");
