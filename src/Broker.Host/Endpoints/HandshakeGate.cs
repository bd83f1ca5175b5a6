using System.Net;

namespace Broker.Host.Endpoints;

/// <summary>
/// Bounds the TLS handshakes that are under way: they are what costs most before anybody has said who he is. One address may
/// have half of the places, so that it cannot hold up all others; who finds no place waits for one.
/// </summary>
/// <remarks>Threading: any thread. The semaphores have no wait handles, so there is nothing to dispose.</remarks>
internal sealed class HandshakeGate(int places)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _all = new(places);
    private readonly Dictionary<IPAddress, Share> _shares = [];

    /// <summary>Handshakes under way, over all addresses.</summary>
    public int Count => places - _all.CurrentCount;

    /// <summary>Addresses that have or want a place.</summary>
    public int AddressCount
    {
        get
        {
            lock (_gate) return _shares.Count;
        }
    }

    /// <summary>Waits for a place; null where none was free in time. Dispose it when the handshake is over.</summary>
    /// <param name="remote">Who shakes hands.</param>
    /// <param name="patience">How long it may wait.</param>
    public async ValueTask<IDisposable?> EnterAsync(EndPoint? remote, TimeSpan patience)
    {
        IPAddress address = (remote as IPEndPoint)?.Address ?? IPAddress.None;
        Share share = Join(address);
        using var late = new CancellationTokenSource(patience);
        bool hasShare = false;
        try
        {
            await share.Places.WaitAsync(late.Token);
            hasShare = true;
            await _all.WaitAsync(late.Token);
            return new Place(this, address, share);
        }
        catch (OperationCanceledException)
        {
            if (hasShare) share.Places.Release();
            Leave(address, share);
            return null;
        }
    }

    private Share Join(IPAddress address)
    {
        lock (_gate)
        {
            if (!_shares.TryGetValue(address, out Share? share)) _shares[address] = share = new Share(places / 2);
            share.Users++;
            return share;
        }
    }

    private void Leave(IPAddress address, Share share)
    {
        lock (_gate)
        {
            if (--share.Users == 0) _shares.Remove(address);
        }
    }

    private sealed class Share(int places)
    {
        public SemaphoreSlim Places { get; } = new(places);

        /// <summary>Who has a place or waits for one; under the gate's lock.</summary>
        public int Users { get; set; }
    }

    private sealed class Place(HandshakeGate gate, IPAddress address, Share share) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) != 0) return;
            gate._all.Release();
            share.Places.Release();
            gate.Leave(address, share);
        }
    }
}
