using Broker.Core;
using Broker.Core.Connections;
using Broker.Core.Primitives;

namespace Broker.Benchmarks;

/// <summary>A connection in memory whose output is thrown away, or kept for the acknowledgements that depend on it.</summary>
internal sealed class Loopback : ITransport, IDisposable
{
    private readonly OutputBuffer _output;
    private readonly ClientConnection _connection;

    /// <param name="broker">The broker.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="level">The protocol level.</param>
    /// <param name="output">A buffer to share with other connections that are used from the same thread; null for one of its own.</param>
    /// <param name="keepAlive">The keep alive in seconds; 0 for none.</param>
    public Loopback(MqttBroker broker, string clientId, byte level = 4, OutputBuffer? output = null, int keepAlive = 0)
    {
        _output = output ?? new OutputBuffer(OutputBuffer.TargetBytes);
        _connection = broker.Accept(this, new ConnectionInfo("Benchmark", TransportKind.Memory, null))
            ?? throw new InvalidOperationException("The broker refused a connection");
        Send(Packets.Connect(clientId, level, keepAlive));
    }

    /// <summary>Bytes that the broker sent so far.</summary>
    public long Sent { get; private set; }

    /// <summary>What came with the last drain; the buffer is reused.</summary>
    public ReadOnlySpan<byte> Last => _output.WrittenSpan;

    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_connection.Receive(bytes) != ReceiveStatus.Continue) throw new InvalidOperationException("The broker does not go on reading");
    }

    void ITransport.RequestDrain()
    {
        DrainStatus status;
        _output.Clear();
        do
        {
            status = _connection.Drain(_output);
            Sent += _output.WrittenCount;
            if (status == DrainStatus.More) _output.Clear();
        }
        while (status == DrainStatus.More);
    }

    void ITransport.ResumeReceive() => throw new InvalidOperationException("The broker paused reading");

    void ITransport.Abort()
    {
    }

    public void Dispose() => _output.Dispose();
}
