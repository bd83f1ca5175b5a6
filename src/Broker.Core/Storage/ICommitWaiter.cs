namespace Broker.Core.Storage;

/// <summary>Somebody who waits for a commit.</summary>
public interface ICommitWaiter
{
    /// <summary>A commit that was waited for is complete.</summary>
    void Committed();
}
