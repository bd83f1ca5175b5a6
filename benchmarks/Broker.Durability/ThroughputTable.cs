using System.Globalization;
using Broker.LoadTests.Engine;

namespace Broker.Durability;

/// <summary>The same load with every level of durability, in turns, and the disk's own sync times in between.</summary>
internal static class ThroughputTable
{
    public static int Run(Arguments arguments)
    {
        int rounds = arguments.Number("rounds", 3);
        string[] modes = arguments.Text("modes", "none,memory,fsync").Split(',');
        var syncs = new LatencyHistogram();
        foreach (string inflight in arguments.Text("inflight", "1,20").Split(','))
        {
            Dictionary<string, List<LoadFigures>> figures = modes.ToDictionary(mode => mode, _ => new List<LoadFigures>());
            for (int round = 0; round < rounds; round++)
            {
                foreach (string mode in modes)
                {
                    Console.Error.WriteLine($"{inflight} in flight each, {mode}, round {round + 1} of {rounds}");
                    figures[mode].Add(Measure(arguments, mode, int.Parse(inflight, CultureInfo.InvariantCulture), syncs));
                }
            }

            Print(arguments, inflight, figures);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"4 KiB written and synced, ms: 50% {syncs.PercentileMs(50):F2}, 90% {syncs.PercentileMs(90):F2}, 99% {syncs.PercentileMs(99):F2}, 99.9% {syncs.PercentileMs(99.9):F2}"));
        return 0;
    }

    private static LoadFigures Measure(Arguments arguments, string mode, int inflight, LatencyHistogram syncs)
    {
        string folder = arguments.NewFolder();
        try
        {
            syncs.Add(DiskSync.Measure(folder));
            string[] storage = mode == "none" ? [] : ["--Broker:Storage:Path", folder, "--Broker:Storage:Ack", mode];
            using BrokerProcess broker = BrokerProcess.Start(storage);
            using var load = new Load(broker.Port, arguments.Number("clients", 50), inflight, arguments.Number("size", 200));
            return load.Run(broker, TimeSpan.FromSeconds(arguments.Number("seconds", 5)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(Arguments arguments, string inflight, Dictionary<string, List<LoadFigures>> figures)
    {
        Console.WriteLine($"{arguments.Number("clients", 50)} publishers, {inflight} in flight each, {arguments.Number("size", 200)} bytes; medians");
        Console.WriteLine("store    messages/s  of memory  ack ms 50%     99%  broker us/message   each round");
        double memory = figures.TryGetValue("memory", out List<LoadFigures>? kept) ? Median(kept, f => f.Rate) : double.NaN;
        foreach ((string mode, List<LoadFigures> runs) in figures)
        {
            double rate = Median(runs, f => f.Rate);
            string each = string.Join(", ", runs.Select(run => run.Rate.ToString("N0", CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{mode,-8} {rate,10:N0} {100 * rate / memory,9:F0}% {Median(runs, f => f.MedianMs),11:F2} {Median(runs, f => f.P99Ms),7:F2} {Median(runs, f => f.ProcessorMicroseconds),18:F2}   {each}"));
        }

        Console.WriteLine();
    }

    private static double Median(List<LoadFigures> runs, Func<LoadFigures, double> figure)
    {
        double[] sorted = [.. runs.Select(figure).Order()];
        return sorted[sorted.Length / 2];
    }
}
