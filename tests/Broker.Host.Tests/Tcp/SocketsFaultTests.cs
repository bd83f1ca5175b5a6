namespace Broker.Host.Tests.Tcp;

public sealed class SocketsFaultTests() : TcpFaultTests("Sockets");
