using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Core.Sessions;

/// <content>What leaves: messages into the queue, out of it, and what the client says of them.</content>
internal sealed partial class Session
{
    /// <summary>Whether its queue could take a message of <paramref name="size"/> bytes. A snapshot.</summary>
    public bool HasRoom(int size)
    {
        lock (_gate) return !_ended && Outgoing.HasRoom(size);
    }

    /// <summary>Whether its client may be sent a message at this moment.</summary>
    /// <param name="message">The message.</param>
    /// <param name="qos">The QoS it would be sent with.</param>
    /// <param name="retain">The RETAIN flag it would be sent with.</param>
    /// <param name="group">The shared group that it comes through, or null.</param>
    public bool MayReceive(Message message, QualityOfService qos, bool retain, SharedGroup? group)
    {
        if (Subject.Tenant?.Holds(message.Topic) == false) return false; // "acme/#" matches "acme", which is nobody's
        var request = new AccessRequest
        {
            Subject = Subject,
            Action = AccessAction.Receive,
            Topic = message.Topic,
            ShareName = group is null ? default : group.Name,
            Qos = qos,
            Retain = retain,
        };
        return environment.Authorizer.IsAllowed(request);
    }

    /// <summary>Puts a message into the queue; takes its own reference of it if it does.</summary>
    public DeliverOutcome Deliver(in Delivery delivery, WakeBatch batch)
    {
        ISessionConnection? connection;
        DeliverOutcome outcome;
        lock (_gate)
        {
            if (_ended) return DeliverOutcome.SessionEnded;
            connection = _connection;
            if (connection is null && delivery.Qos == QualityOfService.AtMostOnce) return DeliverOutcome.Offline;
            outcome = Outgoing.Add(delivery);
        }

        if (outcome != DeliverOutcome.QueueFull && connection is not null) connection.MarkWaiting(batch);
        return outcome;
    }

    /// <summary>Something waits for it elsewhere: its connection is to look. Takes no lock.</summary>
    public void MarkWaiting(WakeBatch batch) => Volatile.Read(ref _connection)?.MarkWaiting(batch);

    /// <summary>Puts the retained messages or last values of a new subscription in line.</summary>
    public void Replay(Replay replay, WakeBatch batch)
    {
        ISessionConnection? connection;
        lock (_gate)
        {
            if (_ended || _connection is null)
            {
                replay.Dispose();
                return;
            }

            connection = _connection;
            Outgoing.Add(replay);
        }

        connection.MarkWaiting(batch);
    }

    /// <summary>
    /// Writes what may be sent now: first what an earlier connection left unfinished, then retained messages of new
    /// subscriptions, then what waits, QoS 1 and 2 as far as the window allows.
    /// </summary>
    /// <returns>Whether the buffer filled up before everything was written.</returns>
    public bool Drain(ISessionConnection connection, OutputBuffer output, out int published)
    {
        published = 0;
        if (Volatile.Read(ref _outgoing) is null) return false; // whoever makes it marks the connection afterwards
        bool isFull;
        long awaited;
        lock (_gate)
        {
            if (_connection != connection || _outgoing is null) return false;
            isFull = _outgoing.Drain(connection.PublishWriter, output, ref published);
            awaited = isFull || Journal is null ? 0 : _outgoing.TakeAwaited();
        }

        if (awaited != 0) connection.WakeAfter(awaited);
        return isFull;
    }

    /// <summary>Gives what came through shared groups and may not be sent to this client to other members. No lock may be held.</summary>
    public void HandOnRefused()
    {
        if (Volatile.Read(ref _outgoing) is not { HasRefused: true } outgoing) return;
        List<Delivery>? refused;
        lock (_gate) refused = outgoing.TakeRefused();
        if (refused is null) return;
        WakeBatch batch = WakeBatch.Rent();
        environment.Journal?.Store.BeginGroup(); // taken here and put there are one atom: a crash finds it with one of them
        try
        {
            foreach (Delivery delivery in refused)
            {
                lock (_gate) Journal?.Removed(delivery.Entry);
                SharedGroup group = delivery.Group!; // only those of groups are here
                if (delivery.IsChange) group.DeliverAgain(delivery.Message, batch);
                else group.Deliver(delivery.Message, delivery.Message.Qos, batch, except: this);
                delivery.Message.Release();
            }
        }
        finally
        {
            environment.Journal?.Store.EndGroup();
            batch.WakeAndReturn();
        }
    }

    /// <summary>The client acknowledged a QoS 1 message. False: it was not QoS 1, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="hasMore">Whether something waits that may leave now.</param>
    public bool Acknowledge(ushort packetId, out bool hasMore)
    {
        lock (_gate)
        {
            hasMore = false;
            if (_outgoing is null) return true;
            bool fits = _outgoing.Acknowledge(packetId);
            hasMore = _outgoing.HasMore;
            return fits;
        }
    }

    /// <summary>The client has a QoS 2 message, or refused it. False: it was not QoS 2, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="refused">Whether the reason code was 0x80 or above: then the exchange is over [MQTT-4.3.3-4].</param>
    /// <param name="answer">What PUBREL has to say; null if none is due.</param>
    /// <param name="commit">The commit that PUBREL has to wait for; 0 if none.</param>
    public bool Received(ushort packetId, bool refused, out ReasonCode? answer, out long commit)
    {
        lock (_gate)
        {
            commit = 0;
            answer = ReasonCode.PacketIdentifierNotFound;
            return _outgoing is null || _outgoing.Received(packetId, refused, out answer, out commit);
        }
    }

    /// <summary>The client finished a QoS 2 message. False: PUBREL was not sent yet, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="hasMore">Whether something waits that may leave now.</param>
    public bool Complete(ushort packetId, out bool hasMore)
    {
        lock (_gate)
        {
            hasMore = false;
            if (_outgoing is null) return true;
            bool fits = _outgoing.Complete(packetId);
            hasMore = _outgoing.HasMore;
            return fits;
        }
    }

    /// <summary>Takes back what no other member of its shared group would have.</summary>
    public void Keep(in Delivery delivery)
    {
        lock (_gate)
        {
            if (!_ended) Outgoing.Add(delivery);
        }
    }
}
