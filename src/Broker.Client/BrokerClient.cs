using System.Text.Json.Serialization.Metadata;
using Broker.Client.Connection;
using Broker.Client.Hosting;
using Broker.Client.Publishing;
using Broker.Client.Telemetry;
using Broker.Client.Work;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client;

/// <summary>
/// A connection to an MQTT 5 broker that keeps itself: it reconnects, resumes its session, makes its subscriptions again where the broker lost them, and
/// queues what is published meanwhile.
/// </summary>
/// <remarks>Threading: all members from any thread, also from handlers. One client for a process is enough for most.</remarks>
public sealed class BrokerClient : IAsyncDisposable
{
    private readonly ClientCore _core;
    private readonly ClientLifecycle _lifecycle;

    /// <summary>A client that is not connected yet: <see cref="ConnectAsync(CancellationToken)"/> or <see cref="Start"/>.</summary>
    /// <param name="options">How it connects and behaves.</param>
    /// <param name="log">Where it logs; null: nowhere.</param>
    /// <param name="time">Its clock; null: the system's.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message lists every fault.</exception>
    /// <exception cref="BrokerClientException">The file of the outbound queue cannot be used.</exception>
    public BrokerClient(BrokerClientOptions options, ILogger? log = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> faults = OptionRules.Faults(options);
        if (faults.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(options));
        log ??= NullLogger.Instance;
        time ??= TimeProvider.System;
        OutboxFile? file = options.Outbox.Path is { } path ? OutboxFile.Open(path, OutboxDisk.Instance, time, log) : null;
        var outbox = new Outbox(options.Outbox, time, file);
        if (file is not null && outbox.Messages > 0) log.OutboxLoaded(outbox.Messages, options.Outbox.Path!); // there is a file
        _core = new ClientCore(options, new ClientRuntime(time, log, new ClientMetrics(() => outbox.Messages)), outbox, (state, sessionPresent, cause) => _lifecycle!.Report(state, sessionPresent, cause)); // it connects later
        _lifecycle = new ClientLifecycle(_core.Connections, Changed, _core.OnSessionLost);
    }

    /// <summary>Told after every change of <see cref="State"/>, one at a time, in order. Its faults are logged and go no further. Do not wait for this client in it.</summary>
    public event EventHandler<ConnectionStateChangedEventArgs>? StateChanged;

    /// <summary>Where it stands.</summary>
    public ConnectionState State => _lifecycle.State;

    /// <summary>The client identifier.</summary>
    public string ClientId => _core.Loop.ClientId;

    /// <summary>How many messages wait in the outbound queue or for their acknowledgement.</summary>
    public int Waiting => _core.Session.Outbox.Messages;

    /// <summary>Connects a new client.</summary>
    /// <param name="address">The broker, e.g. <c>mqtt://127.0.0.1:1883</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The client; dispose it.</returns>
    /// <exception cref="BrokerClientException">The broker cannot be reached or refuses.</exception>
    public static async Task<BrokerClient> ConnectAsync(string address, CancellationToken cancellationToken = default)
    {
        var client = new BrokerClient(new BrokerClientOptions().ConnectTo(address));
        try
        {
            await client.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects: tries every address once. From then on the client reconnects by itself.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BrokerClientException">No address could be reached, or the broker refused.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => _lifecycle.ConnectAsync(_core.Loop, cancellationToken);

    /// <summary>Begins to connect and returns at once; the client tries until it is connected, refused for good, or stopped.</summary>
    public void Start() => _lifecycle.Start(_core.Loop);

    /// <summary>Waits until the outbound queue is empty, then says goodbye to the broker. Messages that still wait stay in the queue.</summary>
    /// <param name="cancellationToken">Ends the wait for the queue; the goodbye is said nevertheless.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _lifecycle.StopAsync(_core.Session.Outbox, EndsSession, cancellationToken);

    /// <summary>Waits until everything that was published is acknowledged.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _core.Session.Outbox.EmptyAsync().WaitAsync(cancellationToken);

    /// <summary>Publishes a value, and completes with the broker's acknowledgement (QoS 0: when it is handed to the network). While the broker is away it waits in the outbound queue.</summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="value">The value: bytes and text travel as they are, everything else as JSON.</param>
    /// <param name="options">How; null: <see cref="PublishOptions.Default"/>.</param>
    /// <param name="json">How to write it; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Ends the wait. A message that is in the outbound queue by then is published nevertheless.</param>
    /// <exception cref="BrokerClientException">It was refused, expired, or gave way in a full queue.</exception>
    public Task<PublishResult> PublishAsync<T>(string topic, T value, PublishOptions? options = null, JsonTypeInfo<T>? json = null, CancellationToken cancellationToken = default) =>
        PublishAsync(_core.Message(topic, value, options, json), cancellationToken);

    /// <summary>Publishes a message; see <see cref="PublishAsync{T}"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait. A message that is in the outbound queue by then is published nevertheless.</param>
    /// <exception cref="BrokerClientException">It was refused, expired, or gave way in a full queue.</exception>
    public Task<PublishResult> PublishAsync(OutgoingMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _core.PublishAsync(message, cancellationToken);
    }

    /// <summary>Publishes messages in order, many at a time, and completes when the last is acknowledged.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="cancellationToken">Ends it; what is in the outbound queue by then is published nevertheless.</param>
    /// <exception cref="BrokerClientException">One of them failed: the first fault. The others are published nevertheless.</exception>
    public Task PublishAllAsync(IEnumerable<OutgoingMessage> messages, CancellationToken cancellationToken = default) =>
        new BatchPublisher(_core).PublishAsync(messages.ToAsyncEnumerable(), cancellationToken);

    /// <summary>Publishes messages as they come, in order; takes from the source only as fast as the outbound queue has room.</summary>
    /// <param name="messages">The source.</param>
    /// <param name="cancellationToken">Ends it; what is in the outbound queue by then is published nevertheless.</param>
    /// <exception cref="BrokerClientException">One of them failed: the first fault. The others are published nevertheless.</exception>
    public Task PublishAllAsync(IAsyncEnumerable<OutgoingMessage> messages, CancellationToken cancellationToken = default) =>
        new BatchPublisher(_core).PublishAsync(messages, cancellationToken);

    /// <summary>
    /// Puts a message into the outbound queue and completes then, not with the acknowledgement: with <see cref="OutboxOptions.Path"/> it survives this process from
    /// here on. <see cref="FlushAsync"/> waits for the rest.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room; the message is not published then.</param>
    /// <exception cref="BrokerClientException">It is full and set not to wait, or its file cannot be written.</exception>
    public async Task EnqueueAsync(OutgoingMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _core.AddAsync(message, awaited: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A publisher of one topic's changes; dispose it.</summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="options">What counts as a change; null: any difference.</param>
    /// <param name="json">How to write values; null: <see cref="BrokerClientOptions.Json"/>.</param>
    public ChangePublisher<T> ChangePublisher<T>(string topic, ChangePublisherOptions<T>? options = null, JsonTypeInfo<T>? json = null) =>
        new(_core, topic, options ?? new ChangePublisherOptions<T>(), json);

    /// <summary>Publishes the changes among values as they come, until the source ends.</summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="values">The source, e.g. a sensor.</param>
    /// <param name="options">What counts as a change; null: any difference.</param>
    /// <param name="json">How to write values; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BrokerClientException">A value was refused.</exception>
    public async Task PublishChangesAsync<T>(
        string topic, IAsyncEnumerable<T> values, ChangePublisherOptions<T>? options = null, JsonTypeInfo<T>? json = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ChangePublisher<T> publisher = ChangePublisher(topic, options, json);
        await using (publisher.ConfigureAwait(false))
        {
            await foreach (T value in values.WithCancellation(cancellationToken).ConfigureAwait(false)) await publisher.PublishAsync(value, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Messages that match a filter, for one <c>await foreach</c>.</summary>
    /// <param name="filter">The topic filter; <c>+</c> is any level, <c>#</c> all that follow; <c>$share/group/filter</c> shares with others.</param>
    /// <param name="options">How; null: <see cref="SubscribeOptions.Default"/>.</param>
    /// <param name="json">How to read payloads; null: <see cref="BrokerClientOptions.Json"/>.</param>
    public Subscription<T> Subscribe<T>(string filter, SubscribeOptions? options = null, JsonTypeInfo<T>? json = null)
    {
        TopicRules.CheckFilter(filter);
        options ??= SubscribeOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1);
        return new Subscription<T>(_core, filter, options, json, null);
    }

    /// <summary>The last values of all topics that match a filter, kept current here; dispose it.</summary>
    /// <param name="filter">The topic filter.</param>
    /// <param name="options">How; null: <see cref="MirrorOptions.Default"/>.</param>
    /// <param name="json">How to read payloads; null: <see cref="BrokerClientOptions.Json"/>.</param>
    public Mirror<T> Mirror<T>(string filter, MirrorOptions? options = null, JsonTypeInfo<T>? json = null)
    {
        options ??= MirrorOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxTopics, 1);
        Subscription<T> subscription = Subscribe(filter, new SubscribeOptions { Overflow = Overflow.LatestPerTopic, Capacity = options.MaxTopics }, json);
        return new Mirror<T>(_core, subscription.OnlyChanges(options.Changes), options.MaxTopics);
    }

    /// <summary>Watches whether another client is connected (this project's broker tells it); dispose it.</summary>
    /// <param name="clientId">The other client's identifier.</param>
    public Presence Presence(string clientId)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        string topic = Client.Presence.TopicOf(clientId);
        return new Presence(_core, clientId, new Mirror<PresenceState>(_core, Subscribe<PresenceState>(topic, new SubscribeOptions { Overflow = Overflow.LatestPerTopic }), 1));
    }

    /// <summary>The services that can be called now, by their announcement's topic, kept current; dispose it. <see cref="Mirror{T}.SettledAsync"/> waits for the first list.</summary>
    public Mirror<ServiceDescription> Services() => Mirror<ServiceDescription>($"{_core.Options.ServicePrefix}/+/announced/#");

    /// <summary>The circuit breaker of the requests to a topic.</summary>
    /// <param name="topic">The topic.</param>
    public Circuit Circuit(string topic) => _core.Requester.Circuit(topic);

    /// <summary>Work from a queue that all its workers share, at this loop's pace: never more than <paramref name="max"/> here, each acknowledged when the next is taken. What is not acknowledged when the loop is left goes to another worker.</summary>
    /// <param name="filter">The queue's topic filter.</param>
    /// <param name="max">How many messages may be here, the one at hand included; 1 to 65,535.</param>
    /// <param name="group">Which workers share.</param>
    /// <param name="json">How to read payloads; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<Message<T>> Pull<T>(string filter, int max = 1, string group = "workers", JsonTypeInfo<T>? json = null, CancellationToken cancellationToken = default)
    {
        TopicRules.CheckFilter(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, ushort.MaxValue);
        return new WorkQueue<T>(_core, filter, group, json).PullAsync(max, cancellationToken);
    }

    /// <summary>Hands work from a shared queue to a handler, several at a time, until it is cancelled. A message is acknowledged after its handler.</summary>
    /// <param name="filter">The queue's topic filter.</param>
    /// <param name="handler">The work; if it fails, it is tried again (<see cref="ProcessOptions.Attempts"/>).</param>
    /// <param name="options">How; null: <see cref="ProcessOptions.Default"/>.</param>
    /// <param name="json">How to read payloads; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Ends it; messages at hand go to another worker.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task ProcessAsync<T>(string filter, Func<Message<T>, CancellationToken, Task> handler, ProcessOptions? options = null, JsonTypeInfo<T>? json = null, CancellationToken cancellationToken = default)
    {
        TopicRules.CheckFilter(filter);
        ArgumentNullException.ThrowIfNull(handler);
        options ??= ProcessOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Parallelism, 10_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
        return new WorkQueue<T>(_core, filter, options.Group, json).ProcessAsync(handler, options, cancellationToken);
    }

    /// <summary>Gives the outbound queue up to 5 s to empty, says goodbye, and ends everything that this client has begun.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!await _lifecycle.DisposeAsync(_core.Session.Outbox, EndsSession).ConfigureAwait(false)) return;
        var closed = new BrokerClientException(BrokerClientError.Closed, "The client is closed");
        _core.Connections.Close(closed);
        _core.Session.Subscriptions.Close(null);
        _core.Session.Outbox.Close(closed, forGood: true);
        await _core.Requester.CloseAsync().ConfigureAwait(false);
        _core.Dispose();
    }

    internal ClientCore Core => _core;

    // Nobody could go on with the session of a client that chose its identifier at random.
    private bool EndsSession => _core.Options.ClientId is null;

    private void Changed(ConnectionStateChangedEventArgs change) => _core.Raise(StateChanged, this, change);
}
