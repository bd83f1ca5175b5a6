namespace Broker.Core.Tests;

internal static class AllocatedBytes
{
    /// <summary>
    /// The least that an action allocated in a few runs. A collection that another test's thread causes in the middle shifts the thread's figure by a
    /// few kilobytes, now and then; an action that allocates does so in every run.
    /// </summary>
    public static long OfSteadyState(Action action)
    {
        long least = long.MaxValue;
        for (int run = 0; run < 5 && least > 0; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
