using System.Globalization;
using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;

namespace Broker.Core;

/// <summary>
/// Publishes <c>$SYS/broker/...</c>, with Mosquitto's names where it has them, retained; each value only when it changed.
/// </summary>
/// <remarks>Threading: the heartbeat alone. As a timer it comes back every interval.</remarks>
internal sealed class SysTopics(BrokerContext broker, SessionRegistry sessions, TimeSpan interval, string version) : WheelTimer
{
    private readonly Dictionary<string, string> _published = new(StringComparer.Ordinal);
    private readonly LoadAverage _messagesReceived = new();
    private readonly LoadAverage _messagesSent = new();
    private readonly LoadAverage _bytesReceived = new();
    private readonly LoadAverage _bytesSent = new();
    private int _mostClients;

    /// <summary>Publishes everything for the first time, and from then on what changed.</summary>
    public void Start()
    {
        if (interval > TimeSpan.Zero) Expired(broker.Clock.Now);
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        broker.Wheel.Schedule(this, nowMs + (long)interval.TotalMilliseconds);
        if (broker.Overload.Level != OverloadLevel.None) return;
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            PublishClients(batch);
            PublishTraffic(batch);
            if (broker.Journal is { } journal) PublishStore(journal, batch);
            Publish("version", version, batch);
            Publish("uptime", string.Create(CultureInfo.InvariantCulture, $"{nowMs / 1000} seconds"), batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }

    private void PublishClients(WakeBatch batch)
    {
        int connected = sessions.Connected;
        int total = sessions.Count;
        _mostClients = Math.Max(_mostClients, connected);
        Publish("clients/connected", connected, batch);
        Publish("clients/disconnected", total - connected, batch);
        Publish("clients/total", total, batch);
        Publish("clients/maximum", _mostClients, batch);
        Publish("clients/expired", broker.Metrics.SessionsExpired, batch);
        Publish("subscriptions/count", broker.Subscriptions.Count, batch);
        Publish("shared_subscriptions/count", broker.Subscriptions.SharedCount, batch);
        Publish("retained messages/count", broker.Retained.Count, batch);
        Publish("store/messages/count", broker.Messages.Live, batch);
        Publish("messages/stored", broker.Messages.Live, batch);
        Publish("heap/current", GC.GetTotalMemory(forceFullCollection: false), batch);
    }

    private void PublishTraffic(WakeBatch batch)
    {
        BrokerMetrics metrics = broker.Metrics;
        Publish("messages/received", metrics.PacketsReceived, batch);
        Publish("messages/sent", metrics.PacketsSent, batch);
        Publish("publish/messages/received", metrics.MessagesReceived, batch);
        Publish("publish/messages/sent", metrics.MessagesSent, batch);
        Publish("publish/messages/dropped", metrics.MessagesDropped, batch);
        Publish("publish/bytes/received", metrics.MessageBytesReceived, batch);
        Publish("publish/bytes/sent", metrics.MessageBytesSent, batch);
        Publish("bytes/received", metrics.BytesReceived, batch);
        Publish("bytes/sent", metrics.BytesSent, batch);
        PublishChanges("changes", metrics.Changes, batch);
        foreach (ChangeRule rule in broker.Values.Rules)
        {
            bool isLevel = rule.Name.AsSpan().IndexOfAny('/', '+', '#') < 0; // another name is in the metrics only
            if (isLevel) PublishChanges("changes/rules/" + rule.Name, rule.Counters, batch);
        }

        PublishLoad("messages/received", _messagesReceived, metrics.PacketsReceived, batch);
        PublishLoad("messages/sent", _messagesSent, metrics.PacketsSent, batch);
        PublishLoad("bytes/received", _bytesReceived, metrics.BytesReceived, batch);
        PublishLoad("bytes/sent", _bytesSent, metrics.BytesSent, batch);
    }

    private void PublishChanges(string name, ChangeCounters counters, WakeBatch batch)
    {
        Publish(name + "/received", counters.Received, batch);
        Publish(name + "/sent", counters.Sent, batch);
        Publish(name + "/suppressed", counters.Suppressed, batch);
        Publish(name + "/conflated", counters.Conflated, batch);
        Publish(name + "/bytes saved", counters.BytesSaved, batch);
    }

    private void PublishStore(Journal journal, WakeBatch batch)
    {
        StoreFigures figures = journal.Store.Figures;
        Publish("store/ack", journal.Policy.Ack.ToString().ToLowerInvariant(), batch);
        Publish("store/state", figures.State, batch);
        Publish("store/seconds/sync", Seconds(figures.Sync), batch);
        Publish("store/seconds/commit/median", Seconds(figures.CommitMedian), batch);
        Publish("store/seconds/commit/99", Seconds(figures.CommitP99), batch);
        Publish("store/bytes/waiting", figures.WaitingBytes, batch);
        Publish("store/bytes/disk", figures.SizeBytes, batch);
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);

    private void PublishLoad(string name, LoadAverage average, long total, WakeBatch batch)
    {
        average.Add(total, interval);
        Publish($"load/{name}/1min", average.OneMinute.ToString("F2", CultureInfo.InvariantCulture), batch);
        Publish($"load/{name}/5min", average.FiveMinutes.ToString("F2", CultureInfo.InvariantCulture), batch);
        Publish($"load/{name}/15min", average.FifteenMinutes.ToString("F2", CultureInfo.InvariantCulture), batch);
    }

    private void Publish(string name, long value, WakeBatch batch) => Publish(name, value.ToString(CultureInfo.InvariantCulture), batch);

    private void Publish(string name, string value, WakeBatch batch)
    {
        if (_published.TryGetValue(name, out string? last) && last == value) return;
        _published[name] = value;
        var publication = new Publication
        {
            Topic = Encoding.UTF8.GetBytes("$SYS/broker/" + name),
            Payload = Encoding.UTF8.GetBytes(value),
            Qos = QualityOfService.ExactlyOnce,
            Retain = true,
            Publisher = PublisherIdentity.Broker,
        };
        broker.Router.Route(publication, AccessSubject.Broker, AccessAction.Publish, batch, out _);
    }
}
