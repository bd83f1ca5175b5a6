namespace Broker.LoadTests.Wire;

/// <summary>What all connections of one consumer moved, those that are closed included. Safe from any thread.</summary>
public sealed class WireLedger
{
    /// <summary>Segments each way that end a connection (FIN and its acknowledgement); they come after the last look at it.</summary>
    public const int ClosingSegments = 2;

    private readonly Lock _gate = new();
    private readonly HashSet<MeteredStream> _open = [];
    private WireBytes _closed;
    private long _connections;

    /// <summary>Connections opened so far.</summary>
    public long Connections
    {
        get { lock (_gate) return _connections; }
    }

    public WireBytes Total()
    {
        lock (_gate) return _open.Aggregate(_closed, (sum, stream) => sum + stream.Wire());
    }

    internal void Opened(MeteredStream stream)
    {
        lock (_gate)
        {
            _open.Add(stream);
            _connections++;
        }
    }

    internal void Closed(MeteredStream stream)
    {
        lock (_gate)
        {
            if (!_open.Remove(stream)) return;
            WireBytes wire = stream.Wire();
            _closed += wire.Segments == 0 ? wire : wire + new WireBytes(0, 0, ClosingSegments, ClosingSegments);
        }
    }
}
