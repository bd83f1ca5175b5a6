using System.Collections.Concurrent;
using System.Globalization;

namespace Broker.Host.Security;

/// <summary>
/// Hashes passwords on a few threads of its own, with a queue that has an end: logging in must not take the processors from
/// those who are in already, and a storm of bad passwords must not pile up.
/// </summary>
/// <remarks>Threading: any thread. Owner: who made it disposes it; what still waits is then cancelled.</remarks>
internal sealed class HashPool : IDisposable
{
    private readonly BlockingCollection<Job> _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread[] _threads;

    /// <summary>Starts the threads.</summary>
    /// <param name="workers">How many hash at the same time.</param>
    /// <param name="queue">How many may wait.</param>
    public HashPool(int workers, int queue)
    {
        _queue = new BlockingCollection<Job>(new ConcurrentQueue<Job>(), queue);
        _threads = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"password hashing {i}") };
            _threads[i].Start();
        }
    }

    /// <summary>Tries a password against a hash, in its turn; null where the queue is full.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="password">The password; must not change until the task ends.</param>
    /// <param name="cancellationToken">Who asked is gone: then it is not tried any more.</param>
    public Task<bool>? TryVerify(PasswordHash hash, ReadOnlyMemory<byte> password, CancellationToken cancellationToken)
    {
        var job = new Job(hash, password, cancellationToken);
        try
        {
            return _queue.TryAdd(job) ? job.Result.Task : null;
        }
        catch (InvalidOperationException)
        {
            return null; // it is being disposed
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping.IsCancellationRequested) return;
        _stopping.Cancel();
        _queue.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
        while (_queue.TryTake(out Job? left)) left.Result.TrySetCanceled();
        _queue.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (Job job in _queue.GetConsumingEnumerable(_stopping.Token)) Do(job);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return; // what waits is cancelled by Dispose
        }
    }

    private static void Do(Job job)
    {
        if (job.Gone.IsCancellationRequested)
        {
            job.Result.TrySetCanceled(job.Gone);
            return;
        }

        try
        {
            job.Result.TrySetResult(job.Hash.Verify(job.Password.Span));
        }
#pragma warning disable CA1031 // whatever it is, who asked is told, and the thread goes on for the others
        catch (Exception e)
#pragma warning restore CA1031
        {
            job.Result.TrySetException(e);
        }
    }

    private sealed record Job(PasswordHash Hash, ReadOnlyMemory<byte> Password, CancellationToken Gone)
    {
        // Its continuations do the rest of a login; they must not hold up the next hash.
        public TaskCompletionSource<bool> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
