using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>Runs bodies on threads of their own, all at once; none may hang or throw.</summary>
internal static class Race
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs <paramref name="body"/> on so many threads, with the number of the thread.</summary>
    public static void Run(int threads, Action<int> body) =>
        Run([.. Enumerable.Range(0, threads).Select<int, Action>(number => () => body(number))]);

    /// <summary>Runs each body on a thread.</summary>
    public static void Run(params Action[] bodies)
    {
        var failures = new Exception?[bodies.Length];
        Thread[] threads = [.. bodies.Select((body, i) => new Thread(() => failures[i] = Record.Exception(body)) { IsBackground = true, Name = $"Racer {i}" })];
        foreach (Thread thread in threads) thread.Start();
        DateTime end = DateTime.UtcNow + _deadline;
        foreach (Thread thread in threads)
        {
            while (!thread.Join(_look) && DateTime.UtcNow < end) AssertNone(failures); // one that failed may leave others waiting for it
            AssertNone(failures);
            Assert.False(thread.IsAlive, $"{thread.Name} has not ended after {_deadline}: a deadlock, or a wake-up that never came");
        }
    }

    private static void AssertNone(Exception?[] failures)
    {
        for (int i = 0; i < failures.Length; i++) Assert.Null(Volatile.Read(ref failures[i]));
    }
}
