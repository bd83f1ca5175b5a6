using Broker.Core.Storage;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Host;

/// <summary>The durable store in the life of the process: opened before anything listens, closed last, and the end of it all if it fails.</summary>
internal sealed class StoreHosting : IDisposable
{
    private readonly SqliteLog _log;
    private readonly StorageOptions _options;
    private readonly AckLevel _level;
    private readonly TimeSpan _sync;
    private bool _isClosed;

    private StoreHosting(SqliteLog log, StorageOptions options, StorePolicy policy)
    {
        _log = log;
        _options = options;
        _level = policy.Ack;
        _sync = SyncProbe.Measure(options.Path);
        Store = new GroupCommitStore(log, new GroupCommitOptions
        {
            WaitingBytes = options.WaitingBytes,
            MinFree = options.MinFree == 0 ? null : options.MinFree,
            SyncLatency = _sync,
            Free = () => new DriveInfo(log.Folder).AvailableFreeSpace,
            AcknowledgesEarly = SeededDefect.Current == SeededDefect.AcknowledgesEarly,
            ForgetsPacketIds = SeededDefect.Current == SeededDefect.ForgetsPacketIds,
        });
        Metrics = new StoreMetrics(Store, policy);
    }

    /// <summary>The store.</summary>
    public GroupCommitStore Store { get; }

    /// <summary>What is counted of it.</summary>
    public StoreMetrics Metrics { get; }

    /// <summary>Whether it failed: the process then ends with a fault.</summary>
    public bool HasFailed => Store.State == StoreState.Failed;

    /// <summary>Opens it; null where nothing is to be kept.</summary>
    /// <exception cref="StoreException">It is in use, damaged, or the disk refuses.</exception>
    public static StoreHosting? Open(StorageOptions options, StorePolicy policy)
    {
        if (options.Path.Length == 0) return null;
        bool alwaysSyncs = policy.Ack == AckLevel.Fsync && policy.Rules.All(rule => rule.Ack != AckLevel.Written);
        return new StoreHosting(SqliteLog.Open(Path.GetFullPath(options.Path), alwaysSyncs), options, policy);
    }

    /// <summary>Begins to write, and says what is promised; the broker has read what was there.</summary>
    public void Start(Core.RecoverySummary recovery, TimeSpan took, Readiness readiness, IHostApplicationLifetime lifetime, ILogger logger)
    {
        Store.Failed += fault =>
        {
            readiness.Failure = "The store failed; the broker acknowledges nothing any more and stops.";
            HostLog.StoreFailed(logger, fault, _log.Folder);
            lifetime.StopApplication();
        };
        if (SeededDefect.Current is { } defect) HostLog.SeededDefect(logger, defect);
        HostLog.StoreOpened(
            logger, _log.Folder, _level, _sync.TotalMilliseconds, _options.MinFree, recovery.Sessions, recovery.Queued, recovery.Retained, recovery.Bytes,
            took.TotalSeconds);
        Store.Start();
    }

    /// <summary>Writes what is left, and closes the file.</summary>
    public void Dispose()
    {
        if (_isClosed) return;
        _isClosed = true;
        Metrics.Dispose();
        Store.Dispose();
    }
}
