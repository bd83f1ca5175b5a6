using System.Net.Sockets;

namespace Broker.LoadTests.Wire;

/// <summary>A connection's stream that counts, and tells its ledger what the kernel counted before it closes.</summary>
public sealed class MeteredStream : NetworkStream
{
    private readonly WireLedger _ledger;
    private long _read;
    private long _written;
    private bool _closed;

    public MeteredStream(Socket socket, WireLedger ledger) : base(socket, ownsSocket: true)
    {
        _ledger = ledger;
        ledger.Opened(this);
    }

    /// <summary>Bytes that passed this stream, whatever the kernel says.</summary>
    public (long Read, long Written) Counted => (Interlocked.Read(ref _read), Interlocked.Read(ref _written));

    /// <summary>What the connection moved so far: the kernel's word, or the stream's own count where it has none.</summary>
    public WireBytes Wire() => TcpInfo.Read(Socket) ?? new WireBytes(Interlocked.Read(ref _read), Interlocked.Read(ref _written), 0, 0);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        Interlocked.Add(ref _read, read);
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _written, buffer.Length);
        return base.WriteAsync(buffer, cancellationToken);
    }

    public override int Read(Span<byte> buffer)
    {
        int read = base.Read(buffer);
        Interlocked.Add(ref _read, read);
        return read;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Interlocked.Add(ref _written, buffer.Length);
        base.Write(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            _ledger.Closed(this);
        }

        base.Dispose(disposing);
    }
}
