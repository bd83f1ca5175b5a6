namespace Broker.Core.Sessions;

/// <summary>Values in line, in the order in which they may leave.</summary>
/// <remarks>Threading: none of its own. Owner: a <see cref="ChangeOutbox"/>.</remarks>
internal sealed class ChangeLane
{
    /// <summary>The value that waits longest; null if none does.</summary>
    public WaitingChange? First { get; private set; }

    private WaitingChange? _last;

    /// <summary>How many are in line.</summary>
    public int Count { get; private set; }

    /// <summary>Puts one at the end.</summary>
    public void Add(WaitingChange change)
    {
        change.Lane = this;
        change.Ahead = _last;
        if (_last is null) First = change;
        else _last.Behind = change;
        _last = change;
        Count++;
    }

    /// <summary>Takes one out.</summary>
    public void Remove(WaitingChange change)
    {
        if (change.Ahead is null) First = change.Behind;
        else change.Ahead.Behind = change.Behind;
        if (change.Behind is null) _last = change.Ahead;
        else change.Behind.Ahead = change.Ahead;
        change.Ahead = change.Behind = null;
        change.Lane = null;
        Count--;
    }
}
