using Broker.Core.ChangeDetection;
using Broker.Core.Connections;
using Broker.Core.Messages;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Time;
using Broker.Core.Topics;

namespace Broker.Core;

/// <summary>
/// Keeps the store's log short: when enough was appended, all that is still needed is written again, a little in each turn, and
/// then everything before it may be deleted.
/// </summary>
/// <remarks>Threading: the heartbeat alone, except for the end of the last commit. As a timer it comes back ten times a second.</remarks>
internal sealed class Checkpointer(BrokerContext broker, SessionRegistry sessions, Journal journal) : WheelTimer, ICommitWaiter
{
    private const int Interval = 100;
    private const int FullInterval = 5_000;
    private const long BytesPerTurn = 4 * 1_048_576;

    private readonly Matches<Message> _retained = new();
    private Session[]? _sessions;
    private TopicTreeCursor _retainedCursor;
    private TopicTreeCursor _valueCursor;
    private Stage _stage;
    private int _next;
    private long _start; // the commit that the checkpoint began with
    private long _appendedBefore;
    private long _lastSize;
    private long _nextTry; // while there is little room
    private long _appendedAtEnd; // of the last checkpoint

    private enum Stage
    {
        Idle,
        Sessions,
        Retained,
        Values,
        Committing,
    }

    /// <summary>Begins to watch the log.</summary>
    /// <param name="bytes">Bytes that it has already.</param>
    public void Start(long bytes)
    {
        _appendedBefore = journal.Store.AppendedBytes - bytes;
        broker.Wheel.Schedule(this, broker.Clock.Now + Interval);
    }

    /// <summary>The last record of the checkpoint is safe: what is before its first is not needed.</summary>
    void ICommitWaiter.Committed()
    {
        journal.Store.Trim(_start);
        _stage = Stage.Idle;
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        broker.Wheel.Schedule(this, nowMs + Interval);
        if (_stage == Stage.Idle && IsDue(nowMs)) Begin();
        long end = journal.Store.AppendedBytes + BytesPerTurn;
        while (_stage is not (Stage.Idle or Stage.Committing) && journal.Store.AppendedBytes < end && !journal.Store.IsBehind) Continue();
    }

    /// <summary>
    /// Whether enough was appended. On a full disk whatever was consumed is reason enough, since only a checkpoint gives its room back;
    /// but never where what is to be written again does not fit: then it waits until less is needed.
    /// </summary>
    private bool IsDue(long nowMs)
    {
        long appended = journal.Store.AppendedBytes;
        bool isLong = appended - _appendedBefore >= Math.Max(journal.Policy.CheckpointBytes, _lastSize);
        if (!isLong && !(journal.Store.IsFull && appended != _appendedAtEnd)) return false;
        if (nowMs < _nextTry) return false;
        bool fits = journal.Store.HasRoomFor(NeededBytes());
        if (!fits || !isLong) _nextTry = nowMs + FullInterval;
        return fits;
    }

    /// <summary>What a checkpoint would write, at most: a message that several sessions wait for counts for each.</summary>
    private long NeededBytes()
    {
        long bytes = broker.Retained.Bytes;
        foreach (Session session in sessions.ToArray()) bytes += session.KeptBytes;
        return bytes;
    }

    private void Begin()
    {
        _appendedBefore = journal.Store.AppendedBytes;
        _start = journal.BeginCheckpoint();
        _sessions = sessions.ToArray(); // whoever comes later is written down later
        _next = 0;
        _retainedCursor = default;
        _valueCursor = default;
        _stage = Stage.Sessions;
    }

    private void Continue()
    {
        switch (_stage)
        {
            case Stage.Sessions when _next < _sessions!.Length:
                sessions.Checkpoint(_sessions[_next++]);
                break;
            case Stage.Sessions:
                _sessions = null;
                _stage = Stage.Retained;
                break;
            case Stage.Retained:
                _retained.Clear();
                if (!broker.Retained.TryMatchNext("#"u8, _retained, ref _retainedCursor)) _stage = Stage.Values;
                foreach (Message message in _retained.Span)
                {
                    broker.Retained.Checkpoint(message);
                    message.Release();
                }

                break;
            case Stage.Values:
                List<TopicState> page = [];
                bool goesOn = broker.Values.TryMatchNext("#"u8, page, ref _valueCursor);
                foreach (TopicState state in page.Where(state => state.IsStored))
                {
                    if (broker.Values.TakeValue(state) is not { } value) continue;
                    journal.Value(value);
                    value.Release();
                }

                if (!goesOn) End();
                break;
        }
    }

    private void End()
    {
        _stage = Stage.Committing;
        _lastSize = journal.Store.AppendedBytes - _appendedBefore;
        long commit = journal.EndCheckpoint();
        _appendedAtEnd = journal.Store.AppendedBytes;
        journal.Store.WhenCommitted(commit, this);
    }
}
