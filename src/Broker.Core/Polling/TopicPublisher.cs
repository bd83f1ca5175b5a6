using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Time;
using Broker.Core.Topics;

namespace Broker.Core.Polling;

/// <summary>Publications of callers that are no MQTT clients, and requests that wait for a response.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class TopicPublisher(PollingParts parts)
{
    private const int NameBytes = 16; // nobody guesses 128 random bits
    private const int MostTypeBytes = ushort.MaxValue;

    private readonly Lock _randomGate = new();

    /// <summary>Publishes; done when the store has it, as for an MQTT client's acknowledgement.</summary>
    public async ValueTask<PollStatus> PublishAsync(AccessSubject caller, TopicPublication publication)
    {
        PollStatus fault = Check(publication);
        if (fault != PollStatus.Ok) return fault;
        if (!parts.Budgets.TryPublish(caller, publication.Payload.Length)) return PollStatus.QuotaExceeded;
        RouteOutcome outcome = Route(caller, publication, Properties(publication.ContentType), expiry: null, out long commit);
        if (commit != 0 && !parts.Store.IsCommitted(commit))
        {
            var committed = new PendingCommit();
            parts.Store.WhenCommitted(commit, committed);
            await committed.Task;
        }

        return StatusOf(outcome) is PollStatus.NoSubscribers ? PollStatus.Ok : StatusOf(outcome);
    }

    /// <summary>Publishes a request and waits for the first response.</summary>
    public async ValueTask<ResponseResult> RequestAsync(AccessSubject caller, TopicPublication request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        PollStatus fault = Check(request);
        if (fault != PollStatus.Ok) return new ResponseResult(fault, null);
        if (!parts.Budgets.TryPublish(caller, request.Payload.Length)) return new ResponseResult(PollStatus.QuotaExceeded, null);
        if (!parts.Waiting.TryEnter()) return new ResponseResult(PollStatus.TooManyWaiting, null);
        if (timeout > parts.Limits.PollWait) timeout = parts.Limits.PollWait;
        byte[] correlationData = Random();
        var response = new PendingResponse(Encoding.ASCII.GetBytes("$responses/http/" + Base64Url.EncodeToString(Random())), correlationData);
        parts.Router.Responses.Add(response);
        try
        {
            // A request that is still in a queue when nobody waits any more must not be carried out.
            uint expiry = (uint)Math.Max(1, Math.Ceiling(timeout.TotalSeconds));
            RouteOutcome outcome = Route(caller, request, Properties(request.ContentType, response), expiry, out _);
            if (outcome != RouteOutcome.Accepted) return new ResponseResult(StatusOf(outcome), null);
            long due = parts.Clock.Now + TimingWheel.TickMs + (long)timeout.TotalMilliseconds; // the clock may be a tick behind
            if (parts.Waiting.IsClosed) response.TryComplete(null);
            response.Begin(parts.Wheel, due, cancellationToken);
            Message? message = await response.Task;
            if (message is not null) return Answer(caller, request, message);
            return new ResponseResult(parts.Waiting.IsClosed ? PollStatus.Stopping : PollStatus.TimedOut, null);
        }
        finally
        {
            response.End(parts.Wheel);
            parts.Router.Responses.Remove(response);
            parts.Waiting.Leave();
        }
    }

    /// <summary>The response belongs to who may ask: nobody gets it who lost that right while waiting.</summary>
    private ResponseResult Answer(AccessSubject caller, TopicPublication request, Message message)
    {
        var asked = new AccessRequest { Subject = caller, Action = AccessAction.Publish, Topic = request.Topic.Span, Qos = request.Qos, Retain = request.Retain };
        if (parts.Authorizer.IsAllowed(asked)) return new ResponseResult(PollStatus.Ok, new MessageLease(message));
        message.Release();
        return new ResponseResult(PollStatus.NotAuthorized, null);
    }

    private PollStatus Check(TopicPublication publication)
    {
        ReadOnlySpan<byte> topic = publication.Topic.Span;
        if (TopicName.Check(topic, parts.Limits.TopicBytes, parts.Limits.TopicLevels) != TopicFault.None) return PollStatus.InvalidTopic;
        if (ReservedTopics.Contains(topic) && !Responses.IsResponse(topic)) return PollStatus.NotAuthorized;
        bool isTooLarge = publication.Payload.Length > parts.Limits.PacketBytes || Encoding.UTF8.GetByteCount(publication.ContentType ?? "") > MostTypeBytes;
        if (isTooLarge) return PollStatus.TooLarge;
        return parts.Waiting.IsClosed ? PollStatus.Stopping : PollStatus.Ok;
    }

    private RouteOutcome Route(AccessSubject caller, TopicPublication publication, byte[] properties, uint? expiry, out long commit)
    {
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            var routed = new Publication
            {
                Topic = publication.Topic.Span,
                Payload = publication.Payload.Span,
                Properties = new ForwardedProperties(properties, properties.Length),
                Qos = publication.Qos,
                Retain = publication.Retain,
                MessageExpiryInterval = expiry,
                Publisher = new PublisherIdentity("", caller.Principal),
            };
            return parts.Router.Route(routed, caller, AccessAction.Publish, batch, out commit);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }

    private static PollStatus StatusOf(RouteOutcome outcome) => outcome switch
    {
        RouteOutcome.Accepted => PollStatus.Ok,
        RouteOutcome.NoSubscribers => PollStatus.NoSubscribers,
        RouteOutcome.NotAuthorized => PollStatus.NotAuthorized,
        _ => PollStatus.QuotaExceeded,
    };

    private static byte[] Properties(string? contentType, PendingResponse? response = null)
    {
        var block = new MemoryStream();
        if (!string.IsNullOrEmpty(contentType)) Write(block, PropertyId.ContentType, Encoding.UTF8.GetBytes(contentType));
        if (response is not null)
        {
            Write(block, PropertyId.ResponseTopic, response.Topic);
            Write(block, PropertyId.CorrelationData, response.CorrelationData);
        }

        return block.ToArray();
    }

    private static void Write(MemoryStream block, PropertyId id, ReadOnlySpan<byte> value)
    {
        Span<byte> head = [(byte)id, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)value.Length);
        block.Write(head);
        block.Write(value);
    }

    private byte[] Random()
    {
        var bytes = new byte[NameBytes];
        lock (_randomGate) parts.Random.NextBytes(bytes);
        return bytes;
    }

    private sealed class PendingCommit : Pending<bool>, ICommitWaiter
    {
        public void Committed() => TryComplete(true);

        protected internal override void Expired(long nowMs) => TryComplete(false); // never scheduled
    }
}
