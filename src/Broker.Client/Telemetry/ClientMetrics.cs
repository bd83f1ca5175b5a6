using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Client.Telemetry;

/// <summary>The instruments, by the names that <see cref="BrokerClientTelemetry"/> lists. Thread-safe.</summary>
internal sealed class ClientMetrics : IDisposable
{
    public static readonly ActivitySource Activities = new(BrokerClientTelemetry.Name);

    private readonly Meter _meter = new(BrokerClientTelemetry.Name);
    private readonly Counter<long> _sent;
    private readonly Counter<long> _sentBytes;
    private readonly Counter<long> _sentAgain;
    private readonly Counter<long> _received;
    private readonly Counter<long> _receivedBytes;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _poisoned;
    private readonly Counter<long> _suppressed;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _attemptsFailed;
    private readonly Histogram<double> _requests;

    public ClientMetrics(Func<int> waiting)
    {
        _sent = _meter.CreateCounter<long>("broker.client.sent", "{message}", "Messages sent");
        _sentBytes = _meter.CreateCounter<long>("broker.client.sent.bytes", "By", "Payload bytes sent");
        _sentAgain = _meter.CreateCounter<long>("broker.client.resent", "{message}", "Messages sent again because their acknowledgement was missing");
        _received = _meter.CreateCounter<long>("broker.client.received", "{message}", "Messages received");
        _receivedBytes = _meter.CreateCounter<long>("broker.client.received.bytes", "By", "Payload bytes received");
        _dropped = _meter.CreateCounter<long>("broker.client.dropped", "{message}", "Received messages that gave way to others");
        _poisoned = _meter.CreateCounter<long>("broker.client.poisoned", "{message}", "Received messages that could not be read or handled");
        _suppressed = _meter.CreateCounter<long>("broker.client.suppressed", "{message}", "Values that were not published because they had not changed");
        _connections = _meter.CreateCounter<long>("broker.client.connections", "{connection}", "Connections made");
        _attemptsFailed = _meter.CreateCounter<long>("broker.client.connect.failed", "{attempt}", "Attempts to connect that failed");
        _requests = _meter.CreateHistogram<double>("broker.client.request.duration", "s", "Time from request to answer");
        _meter.CreateObservableGauge("broker.client.outbox.messages", waiting, "{message}", "Messages that wait in the outbound queue or for their acknowledgement");
    }

    public void Sent(long bytes, bool again)
    {
        _sent.Add(1);
        _sentBytes.Add(bytes);
        if (again) _sentAgain.Add(1);
    }

    public void Received(long bytes)
    {
        _received.Add(1);
        _receivedBytes.Add(bytes);
    }

    public void Dropped() => _dropped.Add(1);

    public void Poisoned() => _poisoned.Add(1);

    public void Suppressed() => _suppressed.Add(1);

    public void Connected() => _connections.Add(1);

    public void AttemptFailed() => _attemptsFailed.Add(1);

    public void Requested(TimeSpan duration, string outcome) => _requests.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();
}
