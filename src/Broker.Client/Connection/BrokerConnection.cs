using System.Collections.Concurrent;
using Broker.Client.Publishing;
using Broker.Client.Subscribing;
using Broker.Client.Telemetry;
using MQTTnet.Packets;

namespace Broker.Client.Connection;

/// <summary>One network connection after its CONNACK: a reader, a sender and a pulse. What outlives it is in <see cref="Outbox"/>, <see cref="Inbox"/> and <see cref="Subscriptions"/>.</summary>
/// <remarks>Threading: everything leaves through the sender, a batch at a time; anybody may <see cref="Send"/>. The reader never waits for anything but bytes.</remarks>
internal sealed class BrokerConnection(PacketStream stream, BrokerFeatures features, ClientSession session, TimeSpan keepAlive, TimeProvider time, ClientMetrics metrics)
{
    private const int BatchBytes = 64 * 1024;

    private readonly ConcurrentQueue<MqttPacket> _control = new();
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<MqttPacket>> _answers = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly PublishPackets _packets = new(time);
    private readonly List<OutboxEntry> _unconfirmed = [];
    private BrokerClientException? _cause;
    private long _lastReceived = time.GetTimestamp();
    private long _lastSent = time.GetTimestamp();
    private int _packetId = Outbox.LastPacketId;
    private int _isLeaving;

    /// <summary>What the broker can do.</summary>
    public BrokerFeatures Features => features;

    /// <summary>Runs until the connection is over.</summary>
    /// <returns>Why it ended; null: it was asked for.</returns>
    public async Task<BrokerClientException?> RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() => End(null));
        Task sender = GuardAsync(SendLoopAsync());
        Task pulse = GuardAsync(PulseAsync());
        await GuardAsync(ReadLoopAsync()).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false); // what hangs in a write is freed
        await Task.WhenAll(sender, pulse).ConfigureAwait(false);
        BrokerClientException lost = _cause ?? new BrokerClientException(BrokerClientError.ConnectionLost, "The connection was closed", isTransient: true);
        foreach (TaskCompletionSource<MqttPacket> answer in _answers.Values) answer.TrySetException(lost);
        foreach (OutboxEntry entry in _unconfirmed) session.Outbox.Refuse(entry, lost);
        return _cause;
    }

    /// <summary>Queues a packet.</summary>
    public void Send(MqttPacket packet)
    {
        _control.Enqueue(packet);
        session.Outbox.Ready.Set();
    }

    /// <summary>Gives an UNSUBSCRIBE its packet identifier, where nobody waits for the answer.</summary>
    public MqttUnsubscribePacket Numbered(MqttUnsubscribePacket packet)
    {
        packet.PacketIdentifier = NextPacketId();
        return packet;
    }

    /// <summary>Sends a SUBSCRIBE and waits for its SUBACK.</summary>
    public async Task<MqttSubAckPacket> SubscribeAsync(MqttSubscribePacket packet, CancellationToken cancellationToken)
    {
        packet.PacketIdentifier = NextPacketId();
        return (MqttSubAckPacket)await AskAsync(packet, packet.PacketIdentifier, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an UNSUBSCRIBE and waits for its UNSUBACK.</summary>
    public async Task UnsubscribeAsync(MqttUnsubscribePacket packet) =>
        await AskAsync(Numbered(packet), packet.PacketIdentifier, CancellationToken.None).ConfigureAwait(false);

    /// <summary>Says goodbye after everything that is queued, and ends.</summary>
    /// <param name="endSession">Whether the broker is to forget the session.</param>
    /// <param name="cancellationToken">When not to wait any longer.</param>
    public async Task LeaveAsync(bool endSession, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _isLeaving, endSession ? 2 : 1);
        session.Outbox.Ready.Set();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token).Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            End(null);
        }
    }

    private async Task<MqttPacket> AskAsync(MqttPacket packet, ushort packetId, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers[packetId] = answer;
        if (_ended.IsCancellationRequested) answer.TrySetException(_cause ?? new BrokerClientException(BrokerClientError.ConnectionLost, "The connection was closed", isTransient: true));
        Send(packet);
        try
        {
            return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _answers.TryRemove(packetId, out _);
        }
    }

    private ushort NextPacketId() => (ushort)(Outbox.LastPacketId + 1 + ((uint)Interlocked.Increment(ref _packetId) % (ushort.MaxValue - Outbox.LastPacketId)));

    private async Task GuardAsync(Task loop)
    {
        try
        {
            await loop.ConfigureAwait(false);
            End(null);
        }
        catch (BrokerClientException exception)
        {
            End(exception);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // another loop ended first and said why
        }
        catch (Exception exception)
        {
            // Whatever happens here, the network's faults and malformed packets, ends this connection and not the process.
            End(new BrokerClientException(BrokerClientError.ConnectionLost, $"The connection broke: {exception.Message}", isTransient: true, innerException: exception));
        }
    }

    private void End(BrokerClientException? cause)
    {
        lock (_ended)
        {
            if (_ended.IsCancellationRequested) return;
            _cause = cause;
            _ended.Cancel();
        }
    }

    private async Task ReadLoopAsync()
    {
        while (await stream.ReadAsync(_ended.Token).ConfigureAwait(false) is { } packet)
        {
            Volatile.Write(ref _lastReceived, time.GetTimestamp());
            Handle(packet);
        }

        throw new BrokerClientException(BrokerClientError.ConnectionLost, "The broker closed the connection", isTransient: true);
    }

    private void Handle(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttPublishPacket publish:
                session.Subscriptions.Dispatch(publish, time.GetUtcNow());
                break;
            case MqttPubAckPacket ack:
                session.Outbox.Acknowledged(ack.PacketIdentifier, completesExactlyOnce: false, (byte)ack.ReasonCode, ack.ReasonString);
                break;
            case MqttPubRecPacket rec when (byte)rec.ReasonCode >= ReasonCodes.FirstError:
                session.Outbox.Acknowledged(rec.PacketIdentifier, completesExactlyOnce: false, (byte)rec.ReasonCode, rec.ReasonString);
                break;
            case MqttPubRecPacket rec:
                session.Outbox.Received(rec.PacketIdentifier, (byte)rec.ReasonCode);
                Send(new MqttPubRelPacket { PacketIdentifier = rec.PacketIdentifier });
                break;
            case MqttPubCompPacket comp:
                session.Outbox.Acknowledged(comp.PacketIdentifier, completesExactlyOnce: true, (byte)comp.ReasonCode, comp.ReasonString);
                break;
            case MqttPubRelPacket rel:
                session.Inbox.Release(rel.PacketIdentifier);
                break;
            case MqttSubAckPacket subAck:
                Answer(subAck.PacketIdentifier, subAck);
                break;
            case MqttUnsubAckPacket unsubAck:
                Answer(unsubAck.PacketIdentifier, unsubAck);
                break;
            case MqttDisconnectPacket disconnect:
                byte reason = (byte)disconnect.ReasonCode;
                throw new BrokerClientException(
                    BrokerClientError.ConnectionRefused,
                    $"The broker ended the connection: {ReasonCodes.Describe(reason, disconnect.ReasonString)}",
                    ReasonCodes.MayReconnect(reason),
                    reason);
        }
    }

    private void Answer(ushort packetId, MqttPacket packet)
    {
        if (_answers.TryGetValue(packetId, out TaskCompletionSource<MqttPacket>? answer)) answer.TrySetResult(packet);
    }

    private async Task SendLoopAsync()
    {
        while (true)
        {
            AppendBatch();
            if (stream.Pending > 0)
            {
                Volatile.Write(ref _lastSent, time.GetTimestamp());
                await stream.FlushAsync(_ended.Token).ConfigureAwait(false);
                foreach (OutboxEntry entry in _unconfirmed) session.Outbox.Sent(entry);
                _unconfirmed.Clear();
            }
            else if (Volatile.Read(ref _isLeaving) is var leaving and > 0)
            {
                if (leaving == 2) stream.AppendFarewellToSession();
                else stream.Append(new MqttDisconnectPacket());
                await stream.FlushAsync(_ended.Token).ConfigureAwait(false);
                return;
            }
            else
            {
                await session.Outbox.Ready.WaitAsync(_ended.Token).ConfigureAwait(false);
            }
        }
    }

    private void AppendBatch()
    {
        while (_control.TryDequeue(out MqttPacket? packet)) stream.Append(packet);
        while (stream.Pending < BatchBytes && session.Outbox.TryTake(out OutboxEntry entry)) AppendMessage(entry);
    }

    private void AppendMessage(OutboxEntry entry)
    {
        if (entry.State == OutboxEntryState.Received)
        {
            stream.Append(new MqttPubRelPacket { PacketIdentifier = entry.PacketId });
            return;
        }

        if (Unsupported(entry.Message.Options) is { } reason)
        {
            session.Outbox.Refuse(entry, new BrokerClientException(BrokerClientError.NotSupported, $"The message to {entry.Message.Topic} cannot be sent: {reason}"));
            return;
        }

        int size;
        try
        {
            size = stream.Append(_packets.Fill(entry));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            session.Outbox.Refuse(entry, new BrokerClientException(BrokerClientError.PublishRefused, $"The message to {entry.Message.Topic} cannot be written: {exception.Message}", innerException: exception));
            return;
        }

        if (size > features.MaximumPacketBytes)
        {
            stream.Retract(size);
            session.Outbox.Refuse(entry, new BrokerClientException(
                BrokerClientError.TooLarge, $"The message to {entry.Message.Topic} has {size} bytes; the broker takes {features.MaximumPacketBytes}", reasonCode: ReasonCodes.PacketTooLarge));
            return;
        }

        metrics.Sent(entry.Message.Payload.Length, entry.Duplicate);
        entry.Duplicate = true;
        if (!entry.NeedsAck) _unconfirmed.Add(entry);
    }

    private string? Unsupported(PublishOptions options)
    {
        if (options.Qos > features.MaximumQos) return $"the broker takes QoS {(int)features.MaximumQos} at most";
        return options.Retain && !features.Retain ? "the broker keeps no retained messages" : null;
    }

    private async Task PulseAsync()
    {
        TimeSpan half = keepAlive / 2;
        while (true)
        {
            await Task.Delay(half, time, _ended.Token).ConfigureAwait(false);
            TimeSpan silence = time.GetElapsedTime(Volatile.Read(ref _lastReceived));
            if (silence > keepAlive)
            {
                throw new BrokerClientException(BrokerClientError.ConnectionLost, $"The broker was silent for {silence.TotalSeconds:0.0} s", isTransient: true);
            }

            if (silence >= half || time.GetElapsedTime(Volatile.Read(ref _lastSent)) >= half) Send(MqttPingReqPacket.Instance);
        }
    }
}
