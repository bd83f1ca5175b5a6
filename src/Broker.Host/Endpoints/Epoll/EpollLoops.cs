using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>The event loops of the process; each connection belongs to one of them for as long as it lives.</summary>
/// <remarks>Threading: any. Owner: whoever created it; disposing ends the loops and what they still own.</remarks>
internal sealed class EpollLoops : IDisposable
{
    /// <summary>More than this would only wake each other.</summary>
    public const int MaxCount = 64;

    private readonly EpollLoop[] _loops;
    private int _next = -1;

    /// <summary>Creates the loops and starts them.</summary>
    /// <param name="count">How many, up to <see cref="MaxCount"/>.</param>
    /// <param name="logger">Where faults of ours are told.</param>
    public EpollLoops(int count, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        _loops = new EpollLoop[count];
        for (int i = 0; i < count; i++) _loops[i] = new EpollLoop(_loops, i, logger);
        foreach (EpollLoop loop in _loops) loop.Start();
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<ILoopTurns> All => _loops;

    /// <summary>The loop whose turn it is to get something to own.</summary>
    public EpollLoop Next() => _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EpollLoop loop in _loops) loop.BeginStop();
        foreach (EpollLoop loop in _loops) loop.Dispose();
    }
}
