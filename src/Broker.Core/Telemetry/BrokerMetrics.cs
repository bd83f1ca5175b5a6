using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Sessions;

namespace Broker.Core.Telemetry;

/// <summary>What the broker counts. Plain numbers that the meter reads when somebody looks; counting costs one interlocked add.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class BrokerMetrics : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Broker";

    /// <summary>Traces of connecting and publishing, for those who listen.</summary>
    public static readonly ActivitySource Activities = new(Name);

    private readonly Meter _meter = new(Name);
    private readonly long[] _drops = new long[Enum.GetValues<DeliverOutcome>().Length];
    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _refused = new long[256];
    private long _bytesReceived;
    private long _bytesSent;
    private long _packetsReceived;
    private long _packetsSent;
    private long _published;
    private long _publishedBytes;
    private long _delivered;
    private long _deliveredBytes;
    private long _accepted;
    private long _rejectedConnections;
    private long _sessionsExpired;
    private long _paused;
    private readonly long[] _overload = new long[Enum.GetValues<OverloadLevel>().Length];
    private long _shed;
    private readonly ConcurrentDictionary<(string Scope, BudgetItem Item), long> _limits = new();

    /// <summary>Creates the instruments.</summary>
    public BrokerMetrics()
    {
        _meter.CreateObservableCounter("mqtt.received.bytes", () => BytesReceived, "By", "Bytes received from clients");
        _meter.CreateObservableCounter("mqtt.sent.bytes", () => BytesSent, "By", "Bytes handed to the network");
        _meter.CreateObservableCounter("mqtt.received.packets", () => PacketsReceived, "{packet}", "Control packets received");
        _meter.CreateObservableCounter("mqtt.sent.packets", () => PacketsSent, "{packet}", "Control packets sent");
        _meter.CreateObservableCounter("mqtt.received.messages", () => MessagesReceived, "{message}", "PUBLISH packets received");
        _meter.CreateObservableCounter("mqtt.sent.messages", () => MessagesSent, "{message}", "PUBLISH packets sent");
        _meter.CreateObservableCounter("mqtt.dropped.messages", () => Tagged(_drops, "reason", static i => DropWord((DeliverOutcome)i)), "{message}", "Messages not delivered to a session, by reason");
        _meter.CreateObservableCounter("mqtt.refused", () => Tagged(_refused, "reason", static i => "0x" + i.ToString("x2", null)), "{packet}", "Packets answered with a reason code of 0x80 or above");
        _meter.CreateObservableCounter("mqtt.connections.accepted", () => ConnectionsAccepted, "{connection}", "Connections taken");
        _meter.CreateObservableCounter("mqtt.connections.rejected", () => Interlocked.Read(ref _rejectedConnections), "{connection}", "Connections closed at once because there were too many");
        _meter.CreateObservableCounter("mqtt.connections.closed", () => Tagged(_closed, "reason", static i => ((CloseReason)i).ToWord()), "{connection}", "Connections that ended, by reason");
        _meter.CreateObservableCounter("mqtt.reading.paused", () => Interlocked.Read(ref _paused), "{pause}", "Times that reading from a connection paused because it was too fast");
        _meter.CreateObservableCounter("mqtt.overload", () => Tagged(_overload, "level", static i => ((OverloadLevel)i).ToString()), "{step}", "Steps to a level of overload, and back");
        _meter.CreateObservableCounter("mqtt.shed.messages", () => ShedMessages, "{message}", "Publications at QoS 0 that were dropped because of overload");
        _meter.CreateObservableCounter("mqtt.limits.reached", MeasureLimits, "{time}", "Times that somebody had used up what it may use, by whom and of what");
        _meter.CreateObservableCounter("mqtt.sessions.expired", () => SessionsExpired, "{session}", "Sessions that ended because their time was over");
    }

    /// <summary>What change-only delivery did in all.</summary>
    public ChangeCounters Changes { get; } = new();

    /// <summary>Bytes received from clients.</summary>
    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>Bytes handed to the network.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Control packets received.</summary>
    public long PacketsReceived => Interlocked.Read(ref _packetsReceived);

    /// <summary>Control packets sent.</summary>
    public long PacketsSent => Interlocked.Read(ref _packetsSent);

    /// <summary>PUBLISH packets received.</summary>
    public long MessagesReceived => Interlocked.Read(ref _published);

    /// <summary>Payload bytes of the PUBLISH packets received.</summary>
    public long MessageBytesReceived => Interlocked.Read(ref _publishedBytes);

    /// <summary>PUBLISH packets sent.</summary>
    public long MessagesSent => Interlocked.Read(ref _delivered);

    /// <summary>Bytes of the drains' PUBLISH packets, with what was sent between them.</summary>
    public long MessageBytesSent => Interlocked.Read(ref _deliveredBytes);

    /// <summary>Connections taken.</summary>
    public long ConnectionsAccepted => Interlocked.Read(ref _accepted);

    /// <summary>Sessions that ended because their time was over.</summary>
    public long SessionsExpired => Interlocked.Read(ref _sessionsExpired);

    /// <summary>Messages that were not delivered to a session, whatever the reason.</summary>
    public long MessagesDropped
    {
        get
        {
            long sum = 0;
            for (int i = 1; i < _drops.Length; i++) sum += Interlocked.Read(ref _drops[i]);
            return sum;
        }
    }

    /// <summary>Adds gauges that only the composition root can read.</summary>
    public void Observe(Func<long> connections, Func<long> sessions, Func<long> subscriptions, Func<long> retained, Func<long> retainedBytes)
    {
        _meter.CreateObservableGauge("mqtt.connections", connections, "{connection}", "Connected clients");
        _meter.CreateObservableGauge("mqtt.sessions", sessions, "{session}", "Sessions, connected or kept");
        _meter.CreateObservableGauge("mqtt.subscriptions", subscriptions, "{subscription}", "Subscriptions of all sessions");
        _meter.CreateObservableGauge("mqtt.retained.messages", retained, "{message}", "Retained messages");
        _meter.CreateObservableGauge("mqtt.retained.bytes", retainedBytes, "By", "Bytes of all retained messages");
    }

    /// <summary>Adds a gauge that only the composition root can read.</summary>
    public void ObservePolling(Func<long> waiting) =>
        _meter.CreateObservableGauge("mqtt.polls.waiting", waiting, "{poll}", "Long polls and requests that wait for an answer");

    /// <summary>Adds the counters of change-only delivery, in all and by rule.</summary>
    public void ObserveChanges(Func<IReadOnlyList<ChangeRule>> rules, Func<long> topics, Func<long> bytes)
    {
        Create("received", "{message}", "Publications that were looked at for change-only delivery", static c => c.Received);
        Create("sent", "{message}", "Messages that change-only subscribers got", static c => c.Sent);
        Create("suppressed", "{message}", "Messages that change-only subscribers were spared because nothing had changed", static c => c.Suppressed);
        Create("conflated", "{message}", "Messages that a newer value replaced while they waited", static c => c.Conflated);
        Create("saved.bytes", "By", "Bytes of topic, properties and payload that were not sent", static c => c.BytesSaved);
        _meter.CreateObservableGauge("mqtt.last_values", topics, "{topic}", "Topics whose last value is kept");
        _meter.CreateObservableGauge("mqtt.last_values.bytes", bytes, "By", "Bytes of the last values");

        void Create(string name, string unit, string description, Func<ChangeCounters, long> read) =>
            _meter.CreateObservableCounter("mqtt.changes." + name, () => Measure(read), unit, description);

        IEnumerable<Measurement<long>> Measure(Func<ChangeCounters, long> read)
        {
            yield return new Measurement<long>(read(Changes));
            foreach (ChangeRule rule in rules())
            {
                yield return new Measurement<long>(read(rule.Counters), new KeyValuePair<string, object?>("rule", rule.Name));
            }
        }
    }

    /// <summary>One read of a connection was handled.</summary>
    public void Received(int bytes, int packets, int messages, long messageBytes)
    {
        Interlocked.Add(ref _bytesReceived, bytes);
        if (packets > 0) Interlocked.Add(ref _packetsReceived, packets);
        if (messages == 0) return;
        Interlocked.Add(ref _published, messages);
        Interlocked.Add(ref _publishedBytes, messageBytes);
    }

    /// <summary>One drain of a connection was written.</summary>
    public void Sent(int bytes, int packets, int messages, int messageBytes)
    {
        Interlocked.Add(ref _bytesSent, bytes);
        Interlocked.Add(ref _packetsSent, packets);
        if (messages == 0) return;
        Interlocked.Add(ref _delivered, messages);
        Interlocked.Add(ref _deliveredBytes, messageBytes);
    }

    /// <summary>Messages were not delivered to a session.</summary>
    public void Drop(DeliverOutcome outcome, int count) => Interlocked.Add(ref _drops[(int)outcome], count);

    /// <summary>Messages that were dropped for one reason.</summary>
    public long Dropped(DeliverOutcome outcome) => Interlocked.Read(ref _drops[(int)outcome]);

    /// <summary>A packet was answered with a reason code of 0x80 or above.</summary>
    public void Refuse(ReasonCode reasonCode) => Interlocked.Increment(ref _refused[(byte)reasonCode]);

    /// <summary>A connection was taken.</summary>
    public void Accepted() => Interlocked.Increment(ref _accepted);

    /// <summary>A connection was closed at once because there were too many.</summary>
    public void Rejected() => Interlocked.Increment(ref _rejectedConnections);

    /// <summary>A connection ended.</summary>
    public void Closed(CloseReason reason) => Interlocked.Increment(ref _closed[(int)reason]);

    /// <summary>The broker went to another level of overload.</summary>
    public void Overloaded(OverloadLevel level) => Interlocked.Increment(ref _overload[(int)level]);

    /// <summary>How often the broker went to a level of overload.</summary>
    public long OverloadedTo(OverloadLevel level) => Interlocked.Read(ref _overload[(int)level]);

    /// <summary>A publication at QoS 0 was dropped because of overload.</summary>
    public void Shed() => Interlocked.Increment(ref _shed);

    /// <summary>Publications that were dropped because of overload.</summary>
    public long ShedMessages => Interlocked.Read(ref _shed);

    /// <summary>Reading from a connection paused because it was too fast.</summary>
    public void Paused() => Interlocked.Increment(ref _paused);

    /// <summary>A budget was used up: of a client, a principal, an address, an endpoint or a tenant.</summary>
    public void LimitReached(string scope, BudgetItem item) => _limits.AddOrUpdate((scope, item), 1, static (_, count) => count + 1);

    /// <summary>How often budgets were used up.</summary>
    public long LimitsReached(string scope, BudgetItem item) => _limits.GetValueOrDefault((scope, item));

    /// <summary>Connections that ended for one reason.</summary>
    public long ClosedFor(CloseReason reason) => Interlocked.Read(ref _closed[(int)reason]);

    /// <summary>A session ended because its time was over.</summary>
    public void SessionExpired() => Interlocked.Increment(ref _sessionsExpired);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string DropWord(DeliverOutcome outcome) => outcome switch
    {
        DeliverOutcome.Offline => "offline",
        DeliverOutcome.QueueFull => "queue-full",
        DeliverOutcome.OldestDropped => "oldest-dropped",
        DeliverOutcome.SessionEnded => "session-ended",
        DeliverOutcome.Expired => "expired",
        DeliverOutcome.Unchanged => "unchanged",
        DeliverOutcome.Conflated => "conflated",
        DeliverOutcome.Withdrawn => "withdrawn",
        DeliverOutcome.TooLarge => "too-large",
        DeliverOutcome.NotAuthorized => "not-authorized",
        _ => "none",
    };

    private IEnumerable<Measurement<long>> MeasureLimits() =>
        _limits.Select(pair => new Measurement<long>(
            pair.Value, new KeyValuePair<string, object?>("scope", pair.Key.Scope), new KeyValuePair<string, object?>("limit", pair.Key.Item.ToString())));

    private static IEnumerable<Measurement<long>> Tagged(long[] counts, string tag, Func<int, string> word)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            long count = Interlocked.Read(ref counts[i]);
            if (count > 0) yield return new Measurement<long>(count, new KeyValuePair<string, object?>(tag, word(i)));
        }
    }
}
