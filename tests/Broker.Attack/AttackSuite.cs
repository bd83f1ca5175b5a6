using System.Diagnostics;
using System.Globalization;

namespace Broker.Attack;

/// <summary>Runs the rows of a file on a broker, one after the other on the same one; a broker that ended is started again.</summary>
internal sealed class AttackSuite(Func<Task<BrokerUnderTest>> start, string credentials)
{
    private const int DescriptorSlack = 64; // what a runtime opens for itself in the course of a file; less than a row with many connections opens
    private static readonly TimeSpan _sample = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs them.</summary>
    public async Task<IReadOnlyList<AttackResult>> RunAsync(IEnumerable<AttackRow> rows)
    {
        List<AttackResult> results = [];
        string? logFault = null;
        BrokerUnderTest broker = await StartAsync();
        int descriptors = broker.Descriptors;
        try
        {
            foreach (AttackRow row in rows)
            {
                results.Add(await RunAsync(row, broker, descriptors));
                if (!broker.HasEnded) continue;
                logFault ??= LogFault(broker);
                broker.Dispose();
                broker = await StartAsync();
                descriptors = broker.Descriptors;
            }
        }
        finally
        {
            logFault ??= LogFault(broker);
            broker.Dispose();
        }

        // It may have been written at any time; the line says what it is about.
        if (logFault is not null) results[^1] = results[^1] with { Fault = $"{(results[^1].Fault is { } fault ? fault + "; " : "")}its log has what an attacker wrote: {logFault}" };
        return results;
    }

    private static string? LogFault(BrokerUnderTest broker)
    {
        broker.Stop();
        return broker.LogFault;
    }

    // What a broker opens when the first client comes is no attack's doing.
    private async Task<BrokerUnderTest> StartAsync()
    {
        BrokerUnderTest broker = await start();
        using Probe first = await Probe.StartAsync(broker, credentials);
        await first.TryRoundTripAsync();
        return broker;
    }

    private async Task<AttackResult> RunAsync(AttackRow row, BrokerUnderTest broker, int descriptors)
    {
        using Probe probe = await Probe.StartAsync(broker, credentials);
        double megabytes = broker.Megabytes;
        double cpu = broker.CpuSeconds;
        double most = megabytes;
        using var sampling = new Timer(_ => most = Math.Max(most, broker.Megabytes), null, _sample, _sample);
        string? fault;
        string happened;
        TimeSpan? roundTrip;
        using (var attacker = new Attacker(row, broker))
        {
            (fault, happened) = await TryAsync(attacker);
            roundTrip = broker.HasEnded ? null : await probe.TryRoundTripAsync();
        }

        if (broker.HasEnded) return new AttackResult(row, "the broker ended", "ended", most - megabytes, 0, null);
        most = Math.Max(most, broker.Megabytes);
        double took = broker.CpuSeconds - cpu;
        if (roundTrip is null) fault ??= "another client got no answer any more";
        if (most - megabytes > row.MemoryMegabytes) fault ??= string.Create(CultureInfo.InvariantCulture, $"took {most - megabytes:F0} MiB");
        if (took > row.CpuSeconds) fault ??= string.Create(CultureInfo.InvariantCulture, $"took {took:F1} s of a processor");
        if (!await ReturnsToAsync(descriptors + DescriptorSlack, broker)) fault ??= $"has {broker.Descriptors - descriptors} descriptors more than at the start";
        return new AttackResult(row, fault, happened, Math.Max(0, most - megabytes), took, roundTrip);
    }

    private static async Task<(string? Fault, string Happened)> TryAsync(Attacker attacker)
    {
        try
        {
            return await attacker.RunAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or System.Net.Sockets.SocketException)
        {
            return ($"a step did not end: {e.Message}", "nothing happens");
        }
    }

    private static async Task<bool> ReturnsToAsync(int descriptors, BrokerUnderTest broker)
    {
        var watch = Stopwatch.StartNew();
        while (broker.Descriptors > descriptors)
        {
            if (watch.Elapsed > broker.Patience) return false;
            await Task.Delay(_sample);
        }

        return true;
    }
}
