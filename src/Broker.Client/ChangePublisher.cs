using System.Text.Json.Serialization.Metadata;
using Broker.Client.Changes;
using Broker.Client.Publishing;
using Broker.Client.Telemetry;

namespace Broker.Client;

/// <summary>
/// Publishes a topic's value when it changed, so that what did not change never leaves the device. The newest value goes out again after
/// <see cref="ChangeCriteria.MaxSilence"/>, and when a connection begins without the session of the one before.
/// </summary>
/// <remarks>Threading: all members from any thread; values are compared and queued in the order of the calls.</remarks>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class ChangePublisher<T> : IAsyncDisposable
{
    private readonly ClientCore _core;
    private readonly ChangePublisherOptions<T> _options;
    private readonly JsonTypeInfo<T>? _json;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ITimer _timer;
    private readonly TimeProvider _time;

    // under the gate
    private (T Value, OutgoingMessage Message)? _sent;
    private (T Value, OutgoingMessage Message)? _held;
    private long _sentAt;
    private bool _isOver;
    private long _suppressed;

    internal ChangePublisher(ClientCore core, string topic, ChangePublisherOptions<T> options, JsonTypeInfo<T>? json)
    {
        TopicRules.CheckTopic(topic);
        _core = core;
        Topic = topic;
        _options = options;
        _json = json;
        _time = core.Runtime.Time;
        _timer = _time.CreateTimer(_ => _ = OnTimeAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        core.SessionLost += OnSessionLost;
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>How many values were not published, because they were no change or a newer one came within the minimum interval.</summary>
    public long Suppressed => Interlocked.Read(ref _suppressed);

    /// <summary>Publishes a value if it is a change.</summary>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Ends the wait; a value that is in the outbound queue is published nevertheless.</param>
    /// <returns>True once the broker has acknowledged it; false at once if it is no change, or is held back until the minimum interval ends.</returns>
    /// <exception cref="BrokerClientException">It was refused. The next value counts as a change.</exception>
    public async Task<bool> PublishAsync(T value, CancellationToken cancellationToken = default)
    {
        (T Value, OutgoingMessage Message) candidate = (value, _core.Message(Topic, value, _options.Publish, _json));
        Task<PublishResult> acknowledged;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_held is not null) Suppress();
            _held = null;
            if (_sent is { } sent && !IsChange(sent, candidate))
            {
                Suppress();
                return false;
            }

            if (_sent is not null && _options.Changes.MinInterval is { } interval && _time.GetElapsedTime(_sentAt) < interval)
            {
                _held = candidate;
                Schedule();
                return false;
            }

            acknowledged = await SendAsync(candidate, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }

        await AcknowledgedAsync(acknowledged, candidate).WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Stops; a value that is held back goes out first.</summary>
    public async ValueTask DisposeAsync()
    {
        _core.SessionLost -= OnSessionLost;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isOver && _held is { } held) await SendAsync(held, CancellationToken.None).ConfigureAwait(false);
            _isOver = true;
        }
        catch (BrokerClientException exception)
        {
            _core.Runtime.Log.HandlerFailed(exception); // the client was closed first
            _isOver = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    private bool IsChange((T Value, OutgoingMessage Message) last, (T Value, OutgoingMessage Message) next) => _options.Comparer is { } comparer
        ? !comparer.Equals(last.Value, next.Value)
        : ChangeTest.IsChange(_options.Changes, last.Message.Payload.Span, next.Message.Payload.Span);

    private void Suppress()
    {
        Interlocked.Increment(ref _suppressed);
        _core.Runtime.Metrics.Suppressed();
    }

    private async ValueTask<Task<PublishResult>> SendAsync((T Value, OutgoingMessage Message) value, CancellationToken cancellationToken)
    {
        OutboxEntry entry = await _core.AddAsync(value.Message, awaited: true, cancellationToken).ConfigureAwait(false);
        _sent = value;
        _held = null;
        _sentAt = _time.GetTimestamp();
        Schedule();
        return entry.Completion!.Task; // awaited says that there is one
    }

    private async Task AcknowledgedAsync(Task<PublishResult> acknowledged, (T Value, OutgoingMessage Message) value)
    {
        try
        {
            await acknowledged.ConfigureAwait(false);
        }
        catch (BrokerClientException)
        {
            await _gate.WaitAsync().ConfigureAwait(false);
            if (_sent is { } sent && ReferenceEquals(sent.Message, value.Message)) _sent = null; // it did not arrive
            _gate.Release();
            throw;
        }
    }

    private void Schedule()
    {
        TimeSpan? due = _held is not null ? _options.Changes.MinInterval : _options.Changes.MaxSilence;
        if (due is null || _isOver) return;
        TimeSpan rest = due.Value - _time.GetElapsedTime(_sentAt);
        _timer.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void OnSessionLost() => _ = AgainAsync(isLost: true);

    private Task OnTimeAsync() => AgainAsync(isLost: false);

    private async Task AgainAsync(bool isLost)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isOver || (_held ?? _sent) is not { } value) return;
            TimeSpan? due = isLost ? TimeSpan.Zero : _held is not null ? _options.Changes.MinInterval : _options.Changes.MaxSilence;
            if (due is null || _time.GetElapsedTime(_sentAt) < due) return;
            Task<PublishResult> acknowledged = await SendAsync(value, CancellationToken.None).ConfigureAwait(false);
            _ = ObserveAsync(acknowledged, value);
        }
        catch (BrokerClientException exception)
        {
            _core.Runtime.Log.HandlerFailed(exception);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task ObserveAsync(Task<PublishResult> acknowledged, (T Value, OutgoingMessage Message) value)
    {
        try
        {
            await AcknowledgedAsync(acknowledged, value).ConfigureAwait(false);
        }
        catch (BrokerClientException exception)
        {
            _core.Runtime.Log.HandlerFailed(exception); // nobody waits for this one
        }
    }
}
