using System.Threading.Tasks.Sources;

namespace Broker.Host.Endpoints;

/// <summary>A signal with one slot: it may be set any number of times, and wakes its one waiter once.</summary>
/// <remarks>Threading: anybody sets, one waits. The waiter goes on in the thread pool, never in the setter's thread.</remarks>
internal sealed class AsyncSignal : IValueTaskSource
{
    private const int Unset = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Sets the signal.</summary>
    public void Set()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state == Signalled) return;
            int next = state == Waiting ? Unset : Signalled;
            if (Interlocked.CompareExchange(ref _state, next, state) != state) continue;
            if (state == Waiting) _source.SetResult(true);
            return;
        }
    }

    /// <summary>Waits for the signal and takes it.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Unset, Signalled) == Signalled) return ValueTask.CompletedTask;
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Unset) == Unset) return new ValueTask(this, _source.Version);
        Volatile.Write(ref _state, Unset);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
