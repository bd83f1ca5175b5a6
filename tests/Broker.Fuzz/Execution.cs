using System.Runtime.CompilerServices;

namespace Broker.Fuzz;

/// <summary>One input on one target, with everything that is asked of it: no exception but the refusal, no hang, no more memory than its bound.</summary>
internal static class Execution
{
    /// <summary>A hang, in time of a processor: a thousand times what the slowest input takes.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? Run(FuzzTarget target, byte[] input)
    {
        TimeSpan begin = Environment.CpuUsage.TotalTime;
        string? fault = RunMeasured(target, input, out long allocated);
        if (fault is null && allocated > target.AllocationBound(input.Length))
        {
            // Once is not enough: what is done the first time only (tables, compilation) is not the input's doing.
            fault = RunMeasured(target, input, out allocated);
            if (fault is null && allocated > target.AllocationBound(input.Length))
            {
                fault = $"allocated {allocated} bytes, at most {target.AllocationBound(input.Length)} are expected";
            }
        }

        TimeSpan time = Environment.CpuUsage.TotalTime - begin;
        if (fault is null && time > LongestTime) fault = $"took {time.TotalSeconds:F1} s";
        return fault;
    }

    // Never part of its caller: campaigns tell faults from each other by their traces.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? RunMeasured(FuzzTarget target, byte[] input, out long allocated)
    {
        object? outcome = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            outcome = target.Execute(input);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        catch (Exception e) when (target.IsRefusal(e))
        {
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return null;
        }
        catch (Exception e)
        {
            allocated = 0;
            return "threw " + e;
        }

        try
        {
            target.Check(input, outcome);
            return null;
        }
        catch (Exception e)
        {
            return "came out wrong: " + e;
        }
    }
}
