using Broker.Core.ChangeDetection;
using Broker.Core.Security;
using Broker.Core.Time;
using Broker.Core.Topics;

namespace Broker.Core.Polling;

/// <summary>Polls of one topic, at once or long.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class TopicReader(PollingParts parts)
{
    /// <summary>Reads a topic's value, and waits for one that the caller does not have.</summary>
    public ValueTask<PollResult> ReadAsync(
        AccessSubject caller, ReadOnlyMemory<byte> topic, KnownTags known, TimeSpan wait, CancellationToken cancellationToken, CancellationToken closing)
    {
        PollStatus fault = Check(caller, topic.Span);
        if (fault != PollStatus.Ok) return new ValueTask<PollResult>(new PollResult(fault, null));
        PollResult result = Look(topic.Span, known);
        bool waits = wait > TimeSpan.Zero && result.Status is PollStatus.NotModified or PollStatus.Unknown;
        if (!waits) return new ValueTask<PollResult>(result);
        if (known.IsAny) known = new KnownTags(result.Value is { } current ? [current.Tag] : [], IsAny: false);
        result.Value?.Dispose();
        return WaitAsync(caller, topic, known, wait < parts.Limits.PollWait ? wait : parts.Limits.PollWait, cancellationToken, closing);
    }

    private async ValueTask<PollResult> WaitAsync(
        AccessSubject caller, ReadOnlyMemory<byte> topic, KnownTags known, TimeSpan wait, CancellationToken cancellationToken, CancellationToken closing)
    {
        if (!parts.Waiting.TryEnter()) return new PollResult(PollStatus.TooManyWaiting, null);
        var poll = new LongPoll(known, parts.Tagger, parts.Clock);
        parts.Values.Watchers.Add(topic.Span, poll);
        try
        {
            // What changed between the first look and this moment told nobody.
            PollResult meanwhile = Look(topic.Span, known);
            bool waits = meanwhile.Status is PollStatus.NotModified or PollStatus.Unknown && !parts.Waiting.IsClosed;
            if (!waits) return Last(caller, topic.Span, meanwhile);
            meanwhile.Value?.Dispose();
            long due = parts.Clock.Now + TimingWheel.TickMs + (long)wait.TotalMilliseconds; // the clock may be a tick behind
            poll.Begin(parts.Wheel, due, cancellationToken, closing);
            TopicPicture? changed = await poll.Task;
            PollResult result = changed is null ? Look(topic.Span, known) : new PollResult(PollStatus.Ok, new TopicValue(changed, changed.TagOf(parts.Tagger)));
            return Last(caller, topic.Span, result);
        }
        finally
        {
            poll.End(parts.Wheel);
            parts.Values.Watchers.Remove(poll);
            parts.Waiting.Leave();
        }
    }

    /// <summary>
    /// What is answered at the end of a wait: nothing of the topic if the right to it was lost meanwhile; and where the wait ended
    /// without a change because the broker stops, that.
    /// </summary>
    private PollResult Last(AccessSubject caller, ReadOnlySpan<byte> topic, PollResult result)
    {
        if (!MayRead(caller, topic))
        {
            result.Value?.Dispose();
            return new PollResult(PollStatus.NotAuthorized, null);
        }

        if (result.Status == PollStatus.Ok || !parts.Waiting.IsClosed) return result;
        result.Value?.Dispose();
        return new PollResult(PollStatus.Stopping, null);
    }

    private PollStatus Check(AccessSubject caller, ReadOnlySpan<byte> topic)
    {
        if (TopicName.Check(topic, parts.Limits.TopicBytes, parts.Limits.TopicLevels) != TopicFault.None) return PollStatus.InvalidTopic;
        return MayRead(caller, topic) ? PollStatus.Ok : PollStatus.NotAuthorized;
    }

    // A value that is there already counts as retained.
    private bool MayRead(AccessSubject caller, ReadOnlySpan<byte> topic) =>
        parts.Authorizer.IsAllowed(new AccessRequest { Subject = caller, Action = AccessAction.Subscribe, Topic = topic })
        && parts.Authorizer.IsAllowed(new AccessRequest { Subject = caller, Action = AccessAction.Receive, Topic = topic, Retain = true });

    private PollResult Look(ReadOnlySpan<byte> topic, KnownTags known)
    {
        if (parts.Values.Find(topic) is not { } state || parts.Values.TakePicture(state) is not { } picture) return new PollResult(PollStatus.Unknown, null);
        if (picture.Value.HasExpired(parts.Clock.Now))
        {
            picture.Value.Release();
            return new PollResult(PollStatus.Unknown, null);
        }

        ValueTag tag = picture.TagOf(parts.Tagger);
        bool isKnown = known.IsAny || known.Tags.Contains(tag);
        return new PollResult(isKnown ? PollStatus.NotModified : PollStatus.Ok, new TopicValue(picture, tag));
    }
}
