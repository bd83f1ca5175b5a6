namespace Broker.Storage.Tests;

/// <summary>A disk that forgets at a loss of power what was not synced, and that may refuse.</summary>
internal sealed class ForgetfulLog : ICommitLog
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _written = [];
    private int _synced;

    /// <summary>The sync that fails, counted from 1; 0 for none.</summary>
    public int FailingSync { get; init; }

    /// <summary>What a failing sync says.</summary>
    public Exception Fault { get; init; } = new StoreException("the disk refused");

    /// <summary>Holds every write back until it is set.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    public int Syncs { get; private set; }

    public long LastCommit
    {
        get { lock (_gate) return _written.Count; }
    }

    public long SizeBytes => 0;

    public long ReusableBytes { get; set; }

    public long TrimmedBefore { get; private set; }

    public byte[][] Written
    {
        get { lock (_gate) return [.. _written]; }
    }

    /// <summary>What is left after a loss of power.</summary>
    public byte[][] AfterPowerLoss()
    {
        lock (_gate) return [.. _written.Take(_synced)];
    }

    public void Read(Action<long, ReadOnlyMemory<byte>> commit)
    {
        for (int i = 0; i < _written.Count; i++) commit(i + 1, _written[i]);
    }

    public void Write(long commit, ReadOnlySpan<byte> records, bool sync)
    {
        Gate.Wait();
        lock (_gate)
        {
            _written.Add(records.ToArray());
            if (!sync) return;
            if (++Syncs == FailingSync) throw Fault;
            _synced = _written.Count;
        }
    }

    public bool Trim(long before)
    {
        TrimmedBefore = before;
        return false;
    }

    public void Dispose() => Gate.Set();
}
