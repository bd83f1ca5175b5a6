using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Broker.Client.Subscribing;

namespace Broker.Client;

/// <summary>
/// The last value of every topic that matches a filter, kept here: initial values first, then changes. Reading costs no network. An empty payload removes
/// its topic. While the connection is away, and for topics not heard of again since a session was lost, values are stale.
/// </summary>
/// <remarks>Threading: all members from any thread. <see cref="Changed"/> is raised by one loop, in the order of arrival.</remarks>
/// <typeparam name="T">What payloads are read as.</typeparam>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "It is called what it is")]
public sealed class Mirror<T> : IReadOnlyDictionary<string, T>, IAsyncDisposable
{
    private readonly ClientCore _core;
    private readonly Subscription<T> _subscription;
    private readonly int _maxTopics;
    private readonly ConcurrentDictionary<string, (T Value, DateTimeOffset At, int Session)> _values = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Task? _loop;
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _leftOut;
    private int _session;

    internal Mirror(ClientCore core, Subscription<T> subscription, int maxTopics)
    {
        _core = core;
        _subscription = subscription;
        _maxTopics = maxTopics;
    }

    /// <summary>Told of every change, after it is made. Its faults are logged and go no further.</summary>
    public event EventHandler<MirrorChange<T>>? Changed;

    /// <summary>The filter.</summary>
    public string Filter => _subscription.Filter;

    /// <summary>How many values were left out because there were too many topics.</summary>
    public long LeftOut => Interlocked.Read(ref _leftOut);

    /// <summary>Whether the connection is away, so that no value here is sure to be the current one.</summary>
    public bool IsStale => _core.Connections.Current is null;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<T> Values => _values.Values.Select(entry => entry.Value);

    /// <inheritdoc/>
    public T this[string key] => _values[key].Value;

    /// <summary>Begins; completes when the broker has taken the subscription. The initial values follow (<see cref="WaitForAsync"/>, <see cref="SettledAsync"/>).</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BrokerClientException">The broker refuses.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_loop is null)
            {
                _core.SessionLost += OnSessionLost;
                _loop = RunAsync();
            }
        }

        await _subscription.StartAsync(CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a topic's value may not be the current one; true also for a topic that is not here.</summary>
    /// <param name="topic">The topic.</param>
    public bool IsTopicStale(string topic) => IsStale || !_values.TryGetValue(topic, out (T Value, DateTimeOffset At, int Session) entry) || entry.Session != Volatile.Read(ref _session);

    /// <summary>When a topic's value arrived; null where there is none.</summary>
    /// <param name="topic">The topic.</param>
    public DateTimeOffset? ChangedAt(string topic) => _values.TryGetValue(topic, out (T Value, DateTimeOffset At, int Session) entry) ? entry.At : null;

    /// <summary>Waits until a topic has a value that satisfies a condition.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="condition">The condition; null: any value.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The value.</returns>
    public async Task<T> WaitForAsync(string topic, Func<T, bool>? condition = null, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Task arrival = Volatile.Read(ref _arrival).Task;
            if (TryGetValue(topic, out T? value) && (condition is null || condition(value))) return value;
            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until nothing new has come for a while: the initial values, which have no end of their own, are then most likely here.</summary>
    /// <param name="quiet">How long; null: 250 ms.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>This mirror.</returns>
    public async Task<Mirror<T>> SettledAsync(TimeSpan? quiet = null, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Task arrival = Volatile.Read(ref _arrival).Task;
            try
            {
                await arrival.WaitAsync(quiet ?? TimeSpan.FromMilliseconds(250), _core.Runtime.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return this;
            }
        }
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        bool isHere = _values.TryGetValue(key, out (T Value, DateTimeOffset At, int Session) entry);
        value = entry.Value;
        return isHere;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        foreach ((string topic, (T Value, DateTimeOffset At, int Session) entry) in _values) yield return new KeyValuePair<string, T>(topic, entry.Value);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Ends it; the values stay readable.</summary>
    public async ValueTask DisposeAsync()
    {
        _core.SessionLost -= OnSessionLost;
        await _subscription.DisposeAsync().ConfigureAwait(false);
        if (_loop is not null) await _loop.ConfigureAwait(false);
    }

    private void OnSessionLost() => Interlocked.Increment(ref _session);

    private async Task RunAsync()
    {
        try
        {
            while (await _subscription.Queue.TakeAsync(CancellationToken.None).ConfigureAwait(false) is { } delivery)
            {
                Apply(delivery);
                Interlocked.Exchange(ref _arrival, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }
        catch (BrokerClientException exception)
        {
            Telemetry.ClientLog.SubscriptionLost(_core.Runtime.Log, Filter, exception);
            Volatile.Read(ref _arrival).TrySetException(exception);
        }
    }

    private void Apply(Delivery delivery)
    {
        if (delivery.Payload.IsEmpty)
        {
            if (_values.TryRemove(delivery.Topic, out _)) Report(new MirrorChange<T>(delivery.Topic, default, true, delivery.ReceivedAt));
        }
        else if (_values.Count >= _maxTopics && !_values.ContainsKey(delivery.Topic))
        {
            Interlocked.Increment(ref _leftOut);
        }
        else if (_subscription.Read(delivery) is { } message)
        {
            _values[delivery.Topic] = (message.Value, delivery.ReceivedAt, Volatile.Read(ref _session));
            Report(new MirrorChange<T>(delivery.Topic, message.Value, false, delivery.ReceivedAt));
        }
        else if (_values.TryGetValue(delivery.Topic, out (T Value, DateTimeOffset At, int Session) known))
        {
            _values[delivery.Topic] = known with { Session = Volatile.Read(ref _session) }; // the same value, told again after a session was lost
        }

        delivery.Complete();
    }

    private void Report(MirrorChange<T> change) => _core.Raise(Changed, this, change);
}
