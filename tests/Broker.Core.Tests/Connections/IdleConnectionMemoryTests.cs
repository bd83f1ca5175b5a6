using Broker.Core.Connections;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Tests.Topics;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Connections;

/// <summary>What a client that does nothing costs in the core: most of a broker's clients do nothing most of the time.</summary>
[Collection(nameof(HeapMeasurement))]
public sealed class IdleConnectionMemoryTests
{
    private const int Clients = 5_000;
    private const int MostBytesOfClient = 1_400;
    private const int MostBytesOfSubscription = 320;

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public void A_connected_client_and_its_first_subscription_stay_within_their_bytes(ProtocolVersion version)
    {
        using var broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero }, new BrokerParts());
        using var output = new OutputBuffer(OutputBuffer.TargetBytes);
        var clients = new Client[Clients];
        GC.KeepAlive(Connect(broker, output, "first", version)); // what is made once
        long empty = GC.GetTotalMemory(forceFullCollection: true);

        for (int i = 0; i < Clients; i++) clients[i] = Connect(broker, output, $"device-{i:D5}", version);
        long connected = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Clients; i++) clients[i].Send(ClientPackets.Subscribe(version, 1, $"plant/line-{i % 100}/device-{i}/command"));
        long subscribed = GC.GetTotalMemory(forceFullCollection: true);

        Assert.InRange((connected - empty) / Clients, 1, MostBytesOfClient);
        Assert.InRange((subscribed - connected) / Clients, 1, MostBytesOfSubscription);
        GC.KeepAlive(clients);
    }

    private static Client Connect(MqttBroker broker, OutputBuffer output, string clientId, ProtocolVersion version)
    {
        var client = new Client(broker, output);
        client.Send(ClientPackets.Connect(new ConnectOptions { ClientId = clientId, Version = version }));
        return client;
    }

    private sealed class Client : ITransport
    {
        private readonly OutputBuffer _output;
        private readonly ClientConnection _connection;

        public Client(MqttBroker broker, OutputBuffer output)
        {
            _output = output;
            _connection = broker.Accept(this, new ConnectionInfo("Test", TransportKind.Memory, null))!; // it takes 5,000
        }

        public void Send(byte[] bytes) => Assert.Equal(ReceiveStatus.Continue, _connection.Receive(bytes));

        void ITransport.RequestDrain()
        {
            _connection.Drain(_output);
            _output.Clear();
        }

        void ITransport.ResumeReceive() => throw new InvalidOperationException("Reading was not paused");

        void ITransport.Abort() => throw new InvalidOperationException("The connection was cut off");
    }
}
