namespace Broker.Core.Storage;

/// <summary>
/// Where the broker writes down what must outlive the process: a log of records, in groups that are committed as a whole or not
/// at all. A plug point: without a store, accepted means held in memory.
/// </summary>
/// <remarks>
/// Threading: any thread, many at once, except <see cref="Read"/>, which comes before everything else. <see cref="Append"/> may be
/// called under any lock of the broker and neither blocks nor calls back; <see cref="BeginGroup"/> may wait for a moment and is called
/// with no lock held.
/// </remarks>
public interface IBrokerStore
{
    /// <summary>Whether anything is kept at all. Constant.</summary>
    bool IsDurable { get; }

    /// <summary>Whether there is no room for further publications: they are refused, everything else goes on.</summary>
    bool IsFull { get; }

    /// <summary>Whether the disk takes so many bytes more without coming to its end, also while <see cref="IsFull"/> refuses publications.</summary>
    bool HasRoomFor(long bytes);

    /// <summary>How it is doing, for <c>$SYS</c>.</summary>
    StoreFigures Figures { get; }

    /// <summary>Whether more bytes wait for the disk than may: publishers are not read from until the next commit.</summary>
    bool IsBehind { get; }

    /// <summary>The commit that is being gathered.</summary>
    long Gathering { get; }

    /// <summary>Bytes of records that were appended since the start; only goes up.</summary>
    long AppendedBytes { get; }

    /// <summary>
    /// From here to the matching <see cref="EndGroup"/> everything that this thread appends is one atom: all of it is in one commit.
    /// Groups of one thread may be nested; the outermost counts.
    /// </summary>
    void BeginGroup();

    /// <summary>Ends what <see cref="BeginGroup"/> began.</summary>
    /// <returns>The commit that an acknowledgement of it has to wait for; 0 if nothing was appended that is to be waited for.</returns>
    long EndGroup();

    /// <summary>Adds records to the commit that is being gathered.</summary>
    /// <param name="records">One or more whole records; copied.</param>
    /// <param name="level">How soon and how safely they have to be kept; <see cref="AckLevel.Memory"/>: nobody waits for them.</param>
    /// <returns>The commit that they are part of; commits are numbered upwards from 1.</returns>
    long Append(ReadOnlySpan<byte> records, AckLevel level);

    /// <summary>Whether a commit, and with it every earlier one, is complete; 0 always is.</summary>
    bool IsCommitted(long commit);

    /// <summary>
    /// Calls <see cref="ICommitWaiter.Committed"/> once the commit is complete: on any thread, with no lock of the store held, at
    /// once if it is complete already. Never, if the store has failed.
    /// </summary>
    void WhenCommitted(long commit, ICommitWaiter waiter);

    /// <summary>Gives all commits of earlier runs, the oldest first.</summary>
    /// <param name="commit">Takes the number and the records of one commit; may keep the memory.</param>
    void Read(Action<long, ReadOnlyMemory<byte>> commit);

    /// <summary>Everything before a commit was written again after it, or is no longer needed: it may be deleted.</summary>
    void Trim(long commit);
}
