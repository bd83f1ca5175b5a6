using System.Globalization;
using System.Text.Json;

namespace Broker.Benchmarks;

/// <summary>
/// Runs the benchmarks' work in this process and compares the bytes allocated for each publication with
/// <c>expected-allocations.json</c>: more than that fails. It looks at nothing that depends on the machine's speed.
/// </summary>
internal static class AllocationGate
{
    private const int WarmUp = 2_000;
    private const int Runs = 2_000;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    public static int Run(bool update)
    {
        var measured = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach ((string name, Action work, int operations) in Cases()) measured[name] = BytesPerOperation(work, operations);
        string path = Path.Combine(AppContext.BaseDirectory, "expected-allocations.json");
        if (update)
        {
            string source = Path.Combine(Environment.CurrentDirectory, "benchmarks", "Broker.Benchmarks", "expected-allocations.json");
            File.WriteAllText(source, JsonSerializer.Serialize(measured.ToDictionary(m => m.Key, m => Math.Ceiling(m.Value)), _indented) + "\n");
            Console.WriteLine($"wrote {source}");
            return 0;
        }

        Dictionary<string, double> expected = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path))
            ?? throw new InvalidOperationException($"{path} is empty");
        int failures = 0;
        foreach ((string name, double bytes) in measured)
        {
            bool isKnown = expected.TryGetValue(name, out double allowed);
            bool isFine = isKnown && bytes <= allowed + 0.5; // the runtime's own housekeeping shows up as fractions of a byte
            if (!isFine) failures++;
            string limit = isKnown ? allowed.ToString(CultureInfo.InvariantCulture) : "no entry";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isFine ? "ok  " : "FAIL")} {name}: {bytes:F2} bytes an operation, allowed {limit}"));
        }

        Console.WriteLine(failures == 0 ? "allocation gate passed" : $"allocation gate: {failures} above what expected-allocations.json allows");
        return failures == 0 ? 0 : 1;
    }

    private static IEnumerable<(string Name, Action Work, int Operations)> Cases()
    {
        foreach (int subscribers in (int[])[1, 100])
        {
            var route = new RouteBenchmarks { Subscribers = subscribers };
            route.Setup();
            yield return ($"publish QoS 0 to {subscribers}", route.Publish, 50);
        }

        foreach (string filter in (string[])["$changes/plant/temperature", "plant/temperature"])
        {
            foreach (bool isChanging in (bool[])[false, true])
            {
                var changes = new ChangeBenchmarks { Filter = filter, IsChanging = isChanging };
                changes.Setup();
                string who = filter.StartsWith('$') ? "change-only" : "publish, value noted";
                yield return ($"{who}, {(isChanging ? "changed" : "unchanged")}", changes.Publish, 50);
            }
        }

        var ruled = new ChangeBenchmarks { IsRuled = true, IsChanging = true };
        ruled.Setup();
        yield return ("by a rule with a deadband, changed", ruled.Publish, 50);
        var exchange = new AckWindowBenchmarks();
        exchange.Setup();
        yield return ("publish QoS 1 to 1, acknowledged", exchange.Exchange, 50);
        var codec = new CodecBenchmarks();
        yield return ("read PUBLISH 3.1.1", () => codec.ReadPublishV311(), 1);
        yield return ("read PUBLISH 5.0", () => codec.ReadPublishV5(), 1);
        var tree = new TreeBenchmarks { Filters = 1_000 };
        tree.Setup();
        yield return ("match among 1,000 filters", () => tree.Match(), 1);
        var access = new AccessBenchmarks();
        yield return ("ask 1,000 rules about one topic", () => access.Remembered(), 1);
        yield return ("ask 1,000 rules about 1,000 topics", () => access.One_of_1000_topics(), 1);
    }

    private static double BytesPerOperation(Action work, int operations)
    {
        for (int i = 0; i < WarmUp; i++) work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Runs; i++) work();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Runs / operations;
    }
}
