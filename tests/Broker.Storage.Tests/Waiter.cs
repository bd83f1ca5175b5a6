using Broker.Core.Storage;

namespace Broker.Storage.Tests;

/// <summary>Notes when it is told, and what it finds then.</summary>
internal sealed class Waiter(Func<int>? look = null) : ICommitWaiter, IDisposable
{
    private readonly ManualResetEventSlim _told = new();

    public int Found { get; private set; } = -1;

    public bool IsTold => _told.IsSet;

    public void Committed()
    {
        Found = look?.Invoke() ?? 0;
        _told.Set();
    }

    public void Wait() => Assert.True(_told.Wait(TimeSpan.FromSeconds(60)), "nobody told it");

    public void Dispose() => _told.Dispose();
}
