namespace Broker.LoadTests.Comparison;

/// <summary>A way to learn of changes. Each differs from another in one thing, so that model and protocol are not confounded.</summary>
/// <param name="Id">As options and files call it.</param>
/// <param name="Title">As charts call it.</param>
/// <param name="IsPush">Whether the broker sends unasked.</param>
/// <param name="Isolates">What comparing it with its neighbour tells.</param>
/// <param name="Color">In charts.</param>
public sealed record Mode(string Id, string Title, bool IsPush, string Isolates, string Color)
{
    public static Mode PushQos0 { get; } = new("push-q0", "push, QoS 0", true, "the model under test", "#0b7285");

    public static Mode PushQos1 { get; } = new("push-q1", "push, QoS 1", true, "what acknowledgements cost", "#1098ad");

    public static Mode PushChanges { get; } = new("push-changes", "push, change-only", true, "what $changes/ costs when everything is a change", "#2b8a3e");

    public static Mode PushConflated { get; } = new("push-conflated", "push, at most one per interval", true, "polling's own conflation, pushed", "#74b816");

    public static Mode PollMqtt { get; } = new("poll-mqtt", "poll, MQTT request/response", false, "the model alone: same protocol, connection and broker", "#862e9c");

    public static Mode PollHttpClose { get; } = new("poll-http-close", "poll, HTTP, a connection per request", false, "open, ask, answer, close: the worst case, and a common one", "#c92a2a");

    public static Mode PollHttp { get; } = new("poll-http", "poll, HTTP keep-alive", false, "what the connections cost", "#e8590c");

    public static Mode PollHttpEtag { get; } = new("poll-http-etag", "poll, HTTP keep-alive, ETag", false, "what useless answers cost", "#f08c00");

    public static Mode PollHttpBatch { get; } = new("poll-http-batch", "poll, HTTP, one request for all topics", false, "fairness where a consumer follows many topics", "#9c6644");

    public static Mode LongPoll { get; } = new("longpoll", "long poll, HTTP", false, "between push and poll", "#5f3dc4");

    public static IReadOnlyList<Mode> All { get; } =
        [PushQos0, PushQos1, PushChanges, PushConflated, PollMqtt, PollHttpClose, PollHttp, PollHttpEtag, PollHttpBatch, LongPoll];

    /// <summary>Whether every MQTT broker can do it, or only one with change-only delivery and polling.</summary>
    public bool IsPlainMqtt => this == PushQos0 || this == PushQos1 || this == PollMqtt;

    /// <summary>Whether it asks every so often, so that the closed forms of periodic polling hold.</summary>
    public bool IsPeriodic => !IsPush && this != LongPoll;

    /// <summary>Whether it holds back what changes too fast, on purpose.</summary>
    public bool MayConflate => !IsPush || this == PushConflated;

    public static Mode Of(string id) => All.FirstOrDefault(mode => mode.Id == id) ?? throw new FormatException($"There is no mode '{id}'; there are {string.Join(", ", All.Select(mode => mode.Id))}.");
}
