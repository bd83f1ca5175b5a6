namespace Broker.Storage;

/// <summary>The file under the store: numbered commits, each kept as a whole or not at all.</summary>
/// <remarks>Threading: one thread at a time.</remarks>
public interface ICommitLog : IDisposable
{
    /// <summary>The number of the last commit; 0 if there is none.</summary>
    long LastCommit { get; }

    /// <summary>Bytes that it takes on the disk.</summary>
    long SizeBytes { get; }

    /// <summary>Bytes of those that are free inside, and are used again before it grows.</summary>
    long ReusableBytes { get; }

    /// <summary>Gives all commits in order.</summary>
    /// <param name="commit">Takes the number and the records; may keep the memory.</param>
    /// <exception cref="StoreException">It is damaged.</exception>
    void Read(Action<long, ReadOnlyMemory<byte>> commit);

    /// <summary>Writes the next commit.</summary>
    /// <param name="commit">Its number: one more than the last.</param>
    /// <param name="records">Its records.</param>
    /// <param name="sync">Whether to come back only when the disk has confirmed it and everything before it.</param>
    /// <exception cref="StoreException">It could not be written, or not be confirmed: what is on the disk is not known any more.</exception>
    void Write(long commit, ReadOnlySpan<byte> records, bool sync);

    /// <summary>Deletes some of the commits before one.</summary>
    /// <returns>Whether some are left.</returns>
    /// <exception cref="StoreException">It could not be written.</exception>
    bool Trim(long before);
}
