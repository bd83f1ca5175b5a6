namespace Broker.LoadTests.Engine;

/// <summary>What is known about one step: its times from the intended start and from the real one, and how it ended. Safe from any thread.</summary>
public sealed class StepRecorder(string name)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _statusCodes = [];
    private long _ok;
    private long _failed;
    private long _bytes;
    private string _firstFailure = "";

    public string Name => name;

    /// <summary>From when it should have started: a stall of the generator counts, as it would for a user.</summary>
    public LatencyHistogram Response { get; } = new();

    /// <summary>From when it did start.</summary>
    public LatencyHistogram Service { get; } = new();

    /// <summary>Counts one execution.</summary>
    /// <param name="intended">When it should have started.</param>
    /// <param name="start">When it did.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="result">How.</param>
    public void Record(TimeSpan intended, TimeSpan start, TimeSpan end, in LoadResult result)
    {
        lock (_gate)
        {
            if (result.IsOk) _ok++;
            else _failed++;
            _bytes += result.SizeBytes;
            if (!result.IsOk && _firstFailure.Length == 0) _firstFailure = result.Message;
            if (result.StatusCode.Length > 0) _statusCodes[result.StatusCode] = _statusCodes.GetValueOrDefault(result.StatusCode) + 1;
        }

        if (!result.IsOk) return;
        Response.Record(result.CustomLatency ?? end - intended);
        Service.Record(result.CustomLatency ?? end - start);
    }

    /// <summary>Adds what another recorder of the same step counted.</summary>
    public void Add(StepRecorder other)
    {
        lock (other._gate)
        {
            lock (_gate)
            {
                _ok += other._ok;
                _failed += other._failed;
                _bytes += other._bytes;
                if (_firstFailure.Length == 0) _firstFailure = other._firstFailure;
                foreach ((string code, long count) in other._statusCodes) _statusCodes[code] = _statusCodes.GetValueOrDefault(code) + count;
            }
        }

        Response.Add(other.Response);
        Service.Add(other.Service);
    }

    public StepSummary Summarize(TimeSpan elapsed)
    {
        LatencyHistogram response = Response.Copy();
        LatencyHistogram service = Service.Copy();
        lock (_gate)
        {
            return new StepSummary
            {
                Name = name,
                Ok = _ok,
                Failed = _failed,
                Bytes = _bytes,
                PerSecond = elapsed > TimeSpan.Zero ? (_ok + _failed) / elapsed.TotalSeconds : 0,
                StatusCodes = new SortedDictionary<string, long>(_statusCodes, StringComparer.Ordinal),
                FirstFailure = _firstFailure,
                Response = response.Summarize(),
                Service = service.Summarize(),
                ResponseTimes = response,
                ServiceTimes = service,
            };
        }
    }
}
