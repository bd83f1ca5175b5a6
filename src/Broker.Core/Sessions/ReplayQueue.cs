namespace Broker.Core.Sessions;

/// <summary>The first values that a session still owes its subscriptions, one subscription after the other.</summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session's <see cref="Outgoing"/>.</remarks>
internal sealed class ReplayQueue
{
    private readonly Queue<Replay> _replays = new();

    /// <summary>The one whose turn it is, finished or not; null if there is none.</summary>
    public Replay? First => _replays.TryPeek(out Replay? first) ? first : null;

    /// <summary>Puts one in line; what an earlier one of its kind had left for the same subscription is in the new one.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="turn">Its place among the messages that wait for the session.</param>
    public void Add(Replay replay, long turn)
    {
        foreach (Replay earlier in _replays)
        {
            bool isAskedAgain = earlier.Subscription == replay.Subscription && earlier.GetType() == replay.GetType();
            if (isAskedAgain) earlier.Dispose();
        }

        while (First is { IsFinished: true }) _replays.Dequeue();
        replay.Turn = turn;
        _replays.Enqueue(replay);
    }

    /// <summary>The first one is finished.</summary>
    public void RemoveFirst() => _replays.Dequeue();

    /// <summary>The change from which on a subscription is still owed values, if it is not owed all of them; 0 otherwise.</summary>
    public long SinceOf(Subscription subscription)
    {
        foreach (Replay replay in _replays)
        {
            if (replay is LastValueReplay { Since: > 0, IsFinished: false } values && values.Subscription == subscription) return values.Since;
        }

        return 0;
    }

    /// <summary>Gives up all of them.</summary>
    public void Clear()
    {
        while (_replays.TryDequeue(out Replay? replay)) replay.Dispose();
    }
}
