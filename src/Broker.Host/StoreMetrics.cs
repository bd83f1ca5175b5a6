using System.Diagnostics.Metrics;
using Broker.Core.Storage;
using Broker.Storage;

namespace Broker.Host;

/// <summary>The store in the meter of the broker.</summary>
internal sealed class StoreMetrics : IDisposable
{
    private readonly Meter _meter = new("Broker");

    /// <summary>Creates the instruments.</summary>
    public StoreMetrics(GroupCommitStore store, StorePolicy policy)
    {
        string level = policy.Ack.ToString().ToLowerInvariant();
        _meter.CreateObservableGauge(
            "mqtt.store.level", () => new Measurement<int>((int)policy.Ack, new KeyValuePair<string, object?>("ack", level)), null,
            "What PUBACK promises: 0 memory, 1 written, 2 fsync");
        _meter.CreateObservableGauge("mqtt.store.state", () => (int)store.State, null, "0 open, 1 the disk is full, 2 failed");
        _meter.CreateObservableGauge("mqtt.store.waiting.bytes", () => store.WaitingBytes, "By", "Bytes that wait for the disk");
        _meter.CreateObservableGauge("mqtt.store.size.bytes", () => store.SizeBytes, "By", "Bytes of the store's files");
        _meter.CreateObservableCounter("mqtt.store.commits", () => store.Times.Count, "{commit}", "Commits written");
        _meter.CreateObservableCounter("mqtt.store.syncs", () => store.Times.Synced, "{commit}", "Commits that the disk confirmed");
        _meter.CreateObservableCounter("mqtt.store.written.bytes", () => store.Times.Bytes, "By", "Bytes of records written");
        _meter.CreateObservableGauge("mqtt.store.commit.seconds", () => Quantiles(store.Times), "s", "How long the last 1,024 commits took");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<double>> Quantiles(CommitTimes times)
    {
        foreach (double part in (double[])[0.5, 0.99, 1])
        {
            yield return new Measurement<double>(times.Quantile(part).TotalSeconds, new KeyValuePair<string, object?>("quantile", part));
        }
    }
}
