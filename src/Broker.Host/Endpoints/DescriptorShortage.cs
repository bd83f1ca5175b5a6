using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>
/// What an endpoint does when the system has no descriptor left: it gives spare ones up, takes the connections that wait and
/// closes them, which is kinder than to let them hang, until there is room again.
/// </summary>
/// <remarks>Threading: one user at a time.</remarks>
internal sealed class DescriptorShortage(string endpoint, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How long to wait before the next connection is taken.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan _recovery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _quiet = TimeSpan.FromMinutes(1);
    private readonly SpareDescriptors _spare = new();
    private long _since; // 0: there is none
    private long _logged;

    /// <summary>A connection was accepted: whether it may stay.</summary>
    public bool MayStay()
    {
        if (_since != 0 && time.GetElapsedTime(_since) > _recovery) _since = _spare.TryTake() ? 0 : time.GetTimestamp();
        return _since == 0;
    }

    /// <summary>None could be accepted.</summary>
    public void Begin(string error)
    {
        long now = time.GetTimestamp();

        // At the edge it comes and goes; one line a minute is enough.
        if (_since == 0 && (_logged == 0 || time.GetElapsedTime(_logged, now) >= _quiet))
        {
            _logged = now;
            HostLog.DescriptorsExhausted(logger, endpoint, error);
        }

        _since = now;
        _spare.Release();
    }

    /// <inheritdoc/>
    public void Dispose() => _spare.Dispose();
}
