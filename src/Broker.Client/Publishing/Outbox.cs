using Broker.Client.Connection;

namespace Broker.Client.Publishing;

/// <summary>
/// What was published and is not acknowledged: bounded, in order, resent as the session demands. The line is: waiting, in flight, done.
/// </summary>
/// <remarks>
/// Threading: any thread publishes; the connection's sender takes, its reader acknowledges. One lock guards everything; no callback runs under it,
/// completions continue elsewhere.
/// </remarks>
internal sealed class Outbox : IDisposable
{
    /// <summary>Publications use the packet identifiers 1 to this; SUBSCRIBE and UNSUBSCRIBE use those above.</summary>
    public const int LastPacketId = 60_000;

    private readonly Lock _gate = new();
    private readonly OutboxOptions _options;
    private readonly OutboxFile? _file;
    private readonly TimeProvider _time;
    private readonly LinkedList<OutboxEntry> _waiting = new();
    private readonly OutboxFlight _flight = new();
    private readonly OutboxRoom _room;
    private long _sequence;
    private bool _closed;

    /// <summary>A queue, with what the file kept of an earlier process.</summary>
    public Outbox(OutboxOptions options, TimeProvider time, OutboxFile? file)
    {
        _options = options;
        _time = time;
        _file = file;
        _room = new OutboxRoom(options.MaxMessages, options.MaxBytes);
        foreach (OutboxEntry entry in file?.Load() ?? [])
        {
            _sequence = Math.Max(_sequence, entry.Sequence);
            _room.Add(entry.Bytes);
            if (_waiting.Count > 0 || !_flight.TryKeep(entry))
            {
                _waiting.AddLast(entry); // its identifier was in use, so neither it nor what follows can have been sent
                continue;
            }

            entry.Duplicate = true; // nobody knows whether the earlier process had sent it
        }
    }

    /// <summary>Tells the sender that there may be something to take.</summary>
    public AsyncSignal Ready { get; } = new();

    /// <summary>How many messages are in it, in flight included.</summary>
    public int Messages
    {
        get { lock (_gate) return _room.Messages; }
    }

    /// <summary>How many bytes they have.</summary>
    public long Bytes
    {
        get { lock (_gate) return _room.Bytes; }
    }

    /// <summary>The packet identifier of a message: the same in every process that sends it.</summary>
    public static ushort PacketIdOf(long sequence) => (ushort)(1 + (sequence % LastPacketId));

    /// <summary>Adds a message; waits for room if it has to.</summary>
    /// <exception cref="BrokerClientException">It is full or too small for this message, closed, or its file cannot be written.</exception>
    public ValueTask<OutboxEntry> AddAsync(OutgoingMessage message, bool awaited, string? traceParent, CancellationToken cancellationToken)
    {
        long bytes = OutboxRoom.SizeOf(message);
        if (bytes > _options.MaxBytes)
        {
            throw new BrokerClientException(BrokerClientError.TooLarge, $"The message to {message.Topic} has {bytes} bytes; the outbound queue takes {_options.MaxBytes} (Outbox.MaxBytes)");
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            if (!_room.IsAwaited && TryAdd(message, bytes, awaited, traceParent) is { } entry) return ValueTask.FromResult(entry);
        }

        return AddSlowAsync(message, bytes, awaited, traceParent, cancellationToken);
    }

    /// <summary>A connection begins.</summary>
    /// <param name="sessionPresent">Whether the broker knows what was in flight.</param>
    /// <param name="receiveMaximum">How many may be in flight.</param>
    public void Connected(bool sessionPresent, int receiveMaximum)
    {
        lock (_gate)
        {
            foreach (OutboxEntry entry in _flight.Restart(Math.Min(receiveMaximum, _options.MaxInflight))) // [MQTT-4.6.0-1] in the order in which they were sent
            {
                if (!sessionPresent && entry.State == OutboxEntryState.Received)
                {
                    Finish(entry, PublishResult.Accepted); // PUBREC said that the broker has it
                    continue;
                }

                if (!sessionPresent) entry.Duplicate = false;
                if (entry.State == OutboxEntryState.Sent) entry.State = OutboxEntryState.Waiting;
                _flight.Again(entry);
            }
        }

        Ready.Set();
    }

    /// <summary>Takes the next message that may be sent now.</summary>
    /// <param name="entry">The message; in state <see cref="OutboxEntryState.Received"/>, its PUBREL is to be sent.</param>
    public bool TryTake(out OutboxEntry entry)
    {
        lock (_gate)
        {
            while (true)
            {
                bool again = _flight.TryPeekAgain(out OutboxEntry? next);
                next ??= _waiting.First?.Value;
                entry = next!; // checked in the next line
                if (next is null || (next.NeedsAck && next.State == OutboxEntryState.Waiting && !_flight.HasRoomFor(next, again))) return false;
                if (again) _flight.TakeAgain();
                else _waiting.RemoveFirst();
                if (next.State == OutboxEntryState.Waiting && !next.Duplicate && next.ExpiresAt <= _time.GetUtcNow())
                {
                    Fail(next, new BrokerClientException(BrokerClientError.Expired, $"The message to {next.Message.Topic} expired before it could be sent"));
                    continue;
                }

                if (next is { NeedsAck: true, State: OutboxEntryState.Waiting }) _flight.Start(next);
                return true;
            }
        }
    }

    /// <summary>A QoS 0 message was handed to the network.</summary>
    public void Sent(OutboxEntry entry)
    {
        lock (_gate) Finish(entry, PublishResult.Sent);
    }

    /// <summary>A message cannot be sent at all, or the network failed while it was QoS 0.</summary>
    public void Refuse(OutboxEntry entry, BrokerClientException reason)
    {
        lock (_gate) Fail(entry, reason);
    }

    /// <summary>A PUBACK or PUBCOMP, or a PUBREC with an error.</summary>
    /// <param name="packetId">Whose.</param>
    /// <param name="completesExactlyOnce">Whether it is a PUBCOMP.</param>
    /// <param name="reason">The reason code.</param>
    /// <param name="text">The reason for people.</param>
    public void Acknowledged(ushort packetId, bool completesExactlyOnce, byte reason, string? text)
    {
        lock (_gate)
        {
            if (!_flight.TryGet(packetId, out OutboxEntry? entry) || entry.State == OutboxEntryState.Waiting) return;
            if (completesExactlyOnce != (entry.State == OutboxEntryState.Received)) return;
            if (reason >= ReasonCodes.FirstError && !completesExactlyOnce)
            {
                Fail(entry, new BrokerClientException(
                    BrokerClientError.PublishRefused,
                    $"The broker refused the message to {entry.Message.Topic}: {ReasonCodes.Describe(reason, text)}",
                    ReasonCodes.MayRetry(reason),
                    reason));
            }
            else
            {
                // PUBCOMP 0x92 is as good: the broker had finished before the connection broke.
                Finish(entry, reason == ReasonCodes.NoMatchingSubscribers || entry.NoSubscribers ? PublishResult.NoSubscribers : PublishResult.Accepted);
            }
        }

        Ready.Set();
    }

    /// <summary>A PUBREC without an error.</summary>
    public void Received(ushort packetId, byte reason)
    {
        lock (_gate)
        {
            if (!_flight.TryGet(packetId, out OutboxEntry? entry) || entry.State != OutboxEntryState.Sent) return;
            if (entry.Message.Options.Qos != QualityOfService.ExactlyOnce) return;
            entry.State = OutboxEntryState.Received;
            entry.NoSubscribers = reason == ReasonCodes.NoMatchingSubscribers;
            if (entry.Persistent) _file?.Received(entry.Sequence); // before PUBREL: another process must not publish it again
        }
    }

    /// <summary>Waits until nothing is in it.</summary>
    public Task EmptyAsync()
    {
        lock (_gate) return _room.EmptyAsync();
    }

    /// <summary>Ends waiting publishers; what the file has stays in it.</summary>
    public void Close(BrokerClientException reason, bool forGood)
    {
        lock (_gate)
        {
            if (forGood) _closed = true;
            _room.Refuse(reason);
            foreach (OutboxEntry entry in _flight.Entries.Concat(_waiting)) entry.Completion?.TrySetException(reason);
        }
    }

    public void Dispose() => _file?.Dispose();

    private async ValueTask<OutboxEntry> AddSlowAsync(OutgoingMessage message, long bytes, bool awaited, string? traceParent, CancellationToken cancellationToken)
    {
        bool first = true;
        while (true)
        {
            TaskCompletionSource turn;
            lock (_gate)
            {
                ThrowIfClosed();
                if ((!first || !_room.IsAwaited) && TryAdd(message, bytes, awaited, traceParent) is { } entry)
                {
                    _room.WakeNext(); // there may be room for another
                    return entry;
                }

                first = false;
                turn = _room.Await();
            }

            try
            {
                await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                {
                    if (!turn.TrySetCanceled(cancellationToken)) _room.WakeNext(); // it was our turn: pass it on
                }

                throw;
            }
        }
    }

    private OutboxEntry? TryAdd(OutgoingMessage message, long bytes, bool awaited, string? traceParent)
    {
        while (!_room.Has(bytes))
        {
            if (_options.WhenFull == OutboxOverflow.Wait) return null;
            if (_options.WhenFull == OutboxOverflow.Refuse || _waiting.First is not { } oldest)
            {
                throw new BrokerClientException(BrokerClientError.QueueFull, $"The outbound queue is full ({_room.Messages} messages, {_room.Bytes} bytes); the message to {message.Topic} was not taken", isTransient: true);
            }

            _waiting.RemoveFirst();
            Fail(oldest.Value, new BrokerClientException(BrokerClientError.QueueFull, $"The message to {oldest.Value.Message.Topic} gave way to a newer one in the full outbound queue", isTransient: true));
        }

        bool persistent = _file is not null && message.Options.Qos != QualityOfService.AtMostOnce;
        var added = new OutboxEntry(_sequence + 1, message, message.Options.Expiry is { } expiry ? _time.GetUtcNow() + expiry : null, bytes)
        {
            Completion = awaited ? new TaskCompletionSource<PublishResult>(TaskCreationOptions.RunContinuationsAsynchronously) : null,
            TraceParent = traceParent,
            Persistent = persistent,
        };
        if (persistent) _file!.Add(added); // persistent says that there is one
        _sequence++;
        _room.Add(bytes);
        _waiting.AddLast(added);
        Ready.Set();
        return added;
    }

    private void Finish(OutboxEntry entry, PublishResult result)
    {
        if (!Remove(entry)) return;
        entry.Completion?.TrySetResult(result);
    }

    private void Fail(OutboxEntry entry, BrokerClientException reason)
    {
        if (!Remove(entry)) return;
        entry.Completion?.TrySetException(reason);
    }

    private bool Remove(OutboxEntry entry)
    {
        if (entry.State == OutboxEntryState.Done) return false;
        _flight.End(entry);
        entry.State = OutboxEntryState.Done;
        if (entry.Persistent) _file?.Done(entry.Sequence);
        _room.Remove(entry.Bytes);
        return true;
    }

    private void ThrowIfClosed()
    {
        if (_closed) throw new BrokerClientException(BrokerClientError.Closed, "The client is closed");
    }
}
