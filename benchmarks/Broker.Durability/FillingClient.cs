using Broker.Core;
using Broker.Core.Connections;
using Broker.Core.Primitives;

namespace Broker.Durability;

/// <summary>A connection in memory that does what is asked, and does not look at what comes back.</summary>
internal sealed class FillingClient : ITransport, IDisposable
{
    private readonly OutputBuffer _output = new(OutputBuffer.TargetBytes);
    private readonly ClientConnection _connection;

    public FillingClient(MqttBroker broker, string clientId)
    {
        _connection = broker.Accept(this, new ConnectionInfo("Filling", TransportKind.Memory, null))
            ?? throw new InvalidOperationException("The broker refused a connection");
        Send(Wire.Connect(clientId));
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_connection.Receive(bytes) != ReceiveStatus.Continue) throw new InvalidOperationException("The broker does not go on reading");
    }

    void ITransport.RequestDrain()
    {
        do _output.Clear();
        while (_connection.Drain(_output) == DrainStatus.More);
    }

    void ITransport.ResumeReceive() => throw new InvalidOperationException("The broker paused reading");

    void ITransport.Abort()
    {
        // It goes when it is disposed.
    }

    public void Dispose()
    {
        _connection.Closed(CloseCause.NetworkError);
        _output.Dispose();
    }
}
