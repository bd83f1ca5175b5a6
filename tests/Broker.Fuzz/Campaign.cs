using System.Diagnostics;
using System.Globalization;

namespace Broker.Fuzz;

/// <summary>Many executions of one target, led by what they reach.</summary>
internal sealed class Campaign(FuzzTarget target, CampaignOptions options, Coverage coverage)
{
    private const int MostFaults = 20;
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(5);
    private readonly List<byte[]> _found = [];
    private long _since;
    private long _watched;
    private TimeSpan _watchedCpu;
    private byte[] _current = [];

    /// <summary>Runs it.</summary>
    /// <param name="executions">How many.</param>
    /// <returns>What is wrong, the input and how it shows.</returns>
    public List<(byte[] Input, string Fault)> Run(long executions)
    {
        var random = new Random(options.Seed);
        var mutator = new Mutator(target, random);
        List<byte[]> corpus = Corpus.Load(target);
        int given = corpus.Count;
        List<(byte[] Input, string Fault)> faults = [];
        HashSet<string> kinds = [];
        var watch = Stopwatch.StartNew();
        using var hang = new Timer(_ => ReportHang(), null, _look, _look);
        for (long i = 0; i < executions && faults.Count < MostFaults; i++)
        {
            byte[] input = i < given ? corpus[(int)i] : mutator.Next(corpus);
            coverage.Begin();
            _current = input;
            Volatile.Write(ref _since, Stopwatch.GetTimestamp());
            string? fault = Execution.Run(target, input);
            Volatile.Write(ref _since, 0);
            bool isNew = coverage.IsNew();
            if (fault is not null && kinds.Add(Kind(fault))) faults.Add((input, fault));
            if (!isNew || fault is not null || i < given) continue;
            corpus.Add(input);
            _found.Add(input);
        }

        if (options.KeepsCorpus) Corpus.Add(target, Shortest());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name,-14} {executions,11:N0} executions {watch.Elapsed.TotalSeconds,7:F0} s {coverage.Edges,7:N0} edges {corpus.Count,6:N0} inputs {faults.Count,3} faults"));
        return faults;
    }

    // The same fault shows in many inputs; its first lines tell it from others.
    private static string Kind(string fault) => string.Join('\n', fault.Split('\n').Take(3).Select(line => line.Length > 160 ? line[..160] : line));

    // The repository holds a few of each, short ones; they are what the next campaign begins with.
    private IEnumerable<byte[]> Shortest() => _found.Where(input => input.Length <= options.KeptBytes).OrderBy(input => input.Length).Take(options.KeptInputs);

    // By processor time, since others may have the machine; one that waits for something instead gets much longer.
    private void ReportHang()
    {
        long since = Volatile.Read(ref _since);
        if (since != _watched)
        {
            _watched = since;
            _watchedCpu = Environment.CpuUsage.TotalTime;
            return;
        }

        if (since == 0) return;
        bool spins = Environment.CpuUsage.TotalTime - _watchedCpu > Execution.LongestTime;
        if (!spins && Stopwatch.GetElapsedTime(since) < _longestWait) return;
        Console.Error.WriteLine($"{target.Name} hangs on {Convert.ToHexString(_current)}");
        Environment.Exit(1);
    }
}
