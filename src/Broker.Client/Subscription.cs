using System.Text.Json.Serialization.Metadata;
using Broker.Client.Changes;
using Broker.Client.Connection;
using Broker.Client.Subscribing;

namespace Broker.Client;

/// <summary>
/// Messages that match a filter, for one loop: <c>await foreach (var m in client.Subscribe&lt;double&gt;("plant/+/temp"))</c>. The broker is asked when the
/// loop begins, or with <see cref="StartAsync"/>; it is told the end when the loop ends. A message counts as dealt with, and is acknowledged, when the
/// loop takes the next one; what is still here when the loop is left counts as dealt with too.
/// </summary>
/// <remarks>Threading: one loop; the other members from any thread.</remarks>
/// <typeparam name="T">What payloads are read as: <c>byte[]</c>, <c>ReadOnlyMemory&lt;byte&gt;</c> and <c>string</c> as they are, all else as JSON.</typeparam>
public sealed class Subscription<T> : IAsyncEnumerable<Message<T>>, IAsyncDisposable
{
    private const int MaxTopicsCompared = 100_000;
    private const string ChangesWithoutBroker = "This broker does not deliver only changes, and the client cannot hold a value back for MinInterval; leave it away";

    private readonly ClientCore _core;
    private readonly SubscribeOptions _options;
    private readonly JsonTypeInfo<T>? _json;
    private readonly ChangeCriteria? _changes;
    private readonly Lock _gate = new();
    private readonly DeliveryQueue _queue;
    private Task? _start;
    private string _subscribed;
    private ChangeFilter? _filter;
    private bool _isEnumerated;
    private bool _isOver;

    internal Subscription(ClientCore core, string filter, SubscribeOptions options, JsonTypeInfo<T>? json, ChangeCriteria? changes)
    {
        _core = core;
        _options = options;
        _json = json;
        _changes = changes;
        Filter = filter;
        _subscribed = filter;
        _queue = new DeliveryQueue(options.Capacity, options.Overflow);
    }

    /// <summary>The filter.</summary>
    public string Filter { get; }

    /// <summary>How many messages overflow has cost so far.</summary>
    public long Dropped => _queue.Dropped;

    /// <summary>The same subscription, for numbers that moved by more than a band.</summary>
    /// <param name="deadband">The band: <c>0.5</c>, or <c>Deadband.Percent(2)</c>.</param>
    /// <returns>Another subscription; this one stays as it is.</returns>
    public Subscription<T> OnlyChanges(Deadband deadband) => OnlyChanges(new ChangeCriteria { Deadband = deadband });

    /// <summary>
    /// The same subscription, for changes alone. This project's broker then sends nothing else; with others, this client leaves out what did not change,
    /// except <see cref="ChangeCriteria.MinInterval"/>, which they cannot be asked for.
    /// </summary>
    /// <param name="criteria">What counts as a change; null: any difference.</param>
    /// <returns>Another subscription; this one stays as it is.</returns>
    public Subscription<T> OnlyChanges(ChangeCriteria? criteria = null)
    {
        if (_start is not null) throw new InvalidOperationException("The subscription has begun; say OnlyChanges first");
        return new Subscription<T>(_core, Filter, _options, _json, criteria ?? new ChangeCriteria());
    }

    /// <summary>Asks the broker now, rather than when the loop begins: what is published after this completes will be seen. Waits for the connection.</summary>
    /// <param name="cancellationToken">Ends the wait, and the subscription.</param>
    /// <exception cref="BrokerClientException">The broker refuses.</exception>
    /// <exception cref="InvalidOperationException">This client uses the same filter with other options.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            return _start ??= SubscribeAsync(cancellationToken);
        }
    }

    /// <summary>Begins the loop.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerator<Message<T>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_isEnumerated) throw new InvalidOperationException("A subscription is for one loop: subscribe again for another");
            _isEnumerated = true;
        }

        return EnumerateAsync(cancellationToken);
    }

    /// <summary>Ends the subscription, and the loop.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
        }

        _queue.Close(null, completeWaiting: true);
        if (_start is not null) await _core.Session.Subscriptions.RemoveAsync(_subscribed, _queue).ConfigureAwait(false);
    }

    internal DeliveryQueue Queue => _queue;

    /// <summary>Reads a delivery; null: it is poisoned or no change, and dealt with.</summary>
    internal Message<T>? Read(Delivery delivery)
    {
        if (_filter is not null && !_filter.Passes(delivery))
        {
            delivery.Complete();
            return null;
        }

        try
        {
            return new Message<T>(delivery, _core.Codec.Read(delivery.Payload, _json));
        }
        catch (BrokerClientException exception)
        {
            Poisoned(delivery, exception);
            return null;
        }
    }

    internal void Poisoned(Delivery delivery, Exception exception)
    {
        _core.Poisoned(delivery, typeof(T).Name, exception);
        if (_options.OnPoisoned is { } handler) _core.Isolated(() => handler(new Message<ReadOnlyMemory<byte>>(delivery, delivery.Payload), exception));
        delivery.Complete();
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyValuePair<string, string>> properties = [];
        if (_changes is not null)
        {
            BrokerConnection connection = await _core.Connections.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (connection.Features.ChangesPrefix is { } prefix)
            {
                _subscribed = WithPrefix(Filter, prefix);
                properties = ChangeTest.Properties(_changes);
            }
            else if (_changes.MinInterval is not null)
            {
                throw new BrokerClientException(BrokerClientError.NotSupported, ChangesWithoutBroker);
            }
            else
            {
                _filter = new ChangeFilter(_changes, MaxTopicsCompared);
            }
        }

        var options = new FilterOptions(_options.Qos, _options.InitialValues, _options.NoLocal, properties);
        await _core.Session.Subscriptions.AddAsync(_subscribed, options, _queue, cancellationToken).ConfigureAwait(false);
    }

    private static string WithPrefix(string filter, string prefix)
    {
        const string shared = "$share/";
        if (!filter.StartsWith(shared, StringComparison.Ordinal)) return prefix + filter;
        int group = filter.IndexOf('/', shared.Length);
        return filter[..(group + 1)] + prefix + filter[(group + 1)..];
    }

    private async IAsyncEnumerator<Message<T>> EnumerateAsync(CancellationToken cancellationToken)
    {
        Delivery? last = null;
        try
        {
            await StartAsync(cancellationToken).ConfigureAwait(false);
            while (await _queue.TakeAsync(cancellationToken).ConfigureAwait(false) is { } delivery)
            {
                last = delivery;
                if (Read(delivery) is not { } message) continue;
                using (ClientCore.StartReceive(delivery)) yield return message;
                delivery.Complete();
            }
        }
        finally
        {
            last?.Complete();
            await DisposeAsync().ConfigureAwait(false);
        }
    }
}
