namespace Broker.Storage;

/// <summary>The groups that threads are inside of. None begins while the writer waits for the last of them to end.</summary>
/// <remarks>Threading: under the gate of the store, but for <see cref="AwaitTurn"/>. Owner: the store.</remarks>
internal sealed class OpenGroups
{
    private readonly ManualResetEventSlim _mayBegin = new(initialState: true);
    private int _count;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Whether the writer waits until there is none.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>Begins one, unless the writer waits: then <see cref="AwaitTurn"/>, and try again.</summary>
    public bool TryBegin()
    {
        if (IsAwaited) return false;
        _count++;
        return true;
    }

    /// <summary>Waits until groups may begin, for as long as routing one publication takes. With no lock held.</summary>
    public void AwaitTurn() => _mayBegin.Wait();

    /// <summary>Ends one.</summary>
    public void End() => _count--;

    /// <summary>Whether there is none; otherwise no other begins until this was asked again with success.</summary>
    public bool TryClose()
    {
        if (_count > 0 && !IsAwaited) _mayBegin.Reset();
        if (_count == 0 && IsAwaited) _mayBegin.Set();
        IsAwaited = _count > 0;
        return !IsAwaited;
    }
}
