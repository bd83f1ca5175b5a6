using Broker.Core.ChangeDetection;
using Broker.Core.Primitives;
using Broker.Core.Security;
using Broker.Core.Topics;

namespace Broker.Core.Polling;

/// <summary>
/// Polls of all topics that a filter matches. Changes of all topics are numbered; a cursor is the number up to which the caller
/// has them. Who is little behind is told from the list of the latest changes; who is far behind, or new, from a search through
/// all topics, which goes on from page to page and at its end hands out the number of the moment at which it began. So whatever
/// changes meanwhile is told by the next poll, and nothing is missed. Removals are told by the page whose cursor passes them.
/// </summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class TopicLister
{
    /// <summary>The most topics on one page.</summary>
    public const int MostTopics = 1_000;

    // A page ends once it has so much, or has looked at so many topics; a step looks at so many without looking up.
    private const int PageBytes = 1_048_576;
    private const int TopicsLookedAt = 65_536;
    private const int TopicsPerStep = 64;

    private readonly PollingParts _parts;
    private readonly uint _run;

    /// <summary>Lists topics.</summary>
    public TopicLister(PollingParts parts)
    {
        _parts = parts;
        _run = (uint)KeyedHash.Compute("cursor"u8, parts.Values.DigestKey);
    }

    /// <summary>Fetches a page.</summary>
    public PollStatus List(AccessSubject caller, ReadOnlySpan<byte> filter, string? since, int limit, out TopicPage? page)
    {
        page = null;
        TopicFault fault = TopicFilter.TryParse(filter, _parts.Limits.TopicBytes, _parts.Limits.TopicLevels, out TopicFilter parsed);
        if (fault != TopicFault.None || parsed.IsShared || parsed.IsChangeOnly) return PollStatus.InvalidFilter;
        TopicCursor cursor = default;
        if (since is not null && !TopicCursor.TryParse(since, out cursor)) return PollStatus.InvalidCursor;
        if (!_parts.Authorizer.IsAllowed(new AccessRequest { Subject = caller, Action = AccessAction.Subscribe, Topic = filter })) return PollStatus.NotAuthorized;
        if (cursor.Run != _run) cursor = new TopicCursor(_run, 0); // of another run, in which the numbers meant something else: everything is new
        var found = new List<TopicPicture>();
        limit = Math.Clamp(limit, 1, MostTopics);
        var removed = new List<RemovedTopic>();
        bool isFull = cursor.Since == 0;
        TopicCursor next = cursor.IsSearch ? Search(filter, cursor, limit, found, out bool hasMore) : Start(filter, cursor, limit, found, out hasMore);
        bool isPassed = !isFull && !next.IsSearch; // what was removed up to the next cursor is told by this page
        if (isPassed && !_parts.Values.TryRemovedSince(cursor.Since, next.Since, filter, removed))
        {
            Release(found, 0);
            isFull = true;
            cursor = new TopicCursor(_run, 0);
            next = Start(filter, cursor, limit, found, out hasMore);
        }

        page = new TopicPage(ValuesOf(caller, found), RemovalsOf(caller, removed), isFull, next.ToString(), hasMore);
        return PollStatus.Ok;
    }

    private TopicCursor Start(ReadOnlySpan<byte> filter, TopicCursor cursor, int limit, List<TopicPicture> found, out bool hasMore)
    {
        if (_parts.Values.TryChangesSince(cursor.Since, filter, found, out long head))
        {
            int count = CountOfPage(found, limit);
            hasMore = count < found.Count;
            if (!hasMore || cursor.Since > 0)
            {
                if (hasMore) head = found[count - 1].ChangeNumber; // a page has at least one
                Release(found, count);
                return cursor with { Since = head };
            }

            Release(found, 0); // a listing of everything is one to its end: a search
        }
        else if (_parts.Values.TryPictures(filter, cursor.Since, limit, found) && CountOfPage(found, limit) == found.Count)
        {
            hasMore = false;
            return cursor with { Since = head };
        }
        else
        {
            Release(found, 0);
        }

        return Search(filter, cursor with { Head = head }, limit, found, out hasMore);
    }

    private TopicCursor Search(ReadOnlySpan<byte> filter, TopicCursor cursor, int limit, List<TopicPicture> found, out bool hasMore)
    {
        var search = new TopicTreeCursor { Position = cursor.Position, Generation = cursor.Generation };
        long bytes = 0;
        int step = 1; // and more from step to step: large values end the page soon
        hasMore = true;
        for (int last = cursor.Position; hasMore && found.Count < limit && bytes < PageBytes && search.Position - last < TopicsLookedAt;)
        {
            int before = found.Count;
            hasMore = _parts.Values.TryPicturesNext(filter, cursor.Since, Math.Min(step, limit - before), found, ref search);
            step = Math.Min(2 * step, TopicsPerStep);
            for (int i = before; i < found.Count; i++) bytes += found[i].Value.Size;
        }

        return hasMore
            ? cursor with { Position = search.Position, Generation = search.Generation }
            : new TopicCursor(_run, cursor.Head);
    }

    private static int CountOfPage(List<TopicPicture> found, int limit)
    {
        long bytes = 0;
        int count = 0;
        while (count < found.Count && count < limit && bytes < PageBytes) bytes += found[count++].Value.Size;
        return count;
    }

    private static void Release(List<TopicPicture> found, int from)
    {
        for (int i = from; i < found.Count; i++) found[i].Value.Release();
        found.RemoveRange(from, found.Count - from);
    }

    private List<TopicRemoval> RemovalsOf(AccessSubject caller, List<RemovedTopic> removed)
    {
        var removals = new List<TopicRemoval>(removed.Count);
        foreach (RemovedTopic topic in removed)
        {
            var request = new AccessRequest { Subject = caller, Action = AccessAction.Receive, Topic = topic.Topic, Retain = true };
            bool isShown = caller.Tenant?.Holds(topic.Topic) != false && _parts.Authorizer.IsAllowed(request);
            if (isShown) removals.Add(new TopicRemoval(caller.Tenant?.UnmountCopy(topic.Topic) ?? topic.Topic, DateTimeOffset.FromUnixTimeMilliseconds(topic.At)));
        }

        return removals;
    }

    private List<TopicValue> ValuesOf(AccessSubject caller, List<TopicPicture> found)
    {
        var values = new List<TopicValue>(found.Count);
        foreach (TopicPicture picture in found)
        {
            var request = new AccessRequest { Subject = caller, Action = AccessAction.Receive, Topic = picture.Value.Topic, Retain = true };
            bool isHeld = caller.Tenant?.Holds(picture.Value.Topic) != false;
            bool isShown = isHeld && !picture.Value.HasExpired(_parts.Clock.Now) && _parts.Authorizer.IsAllowed(request);
            if (isShown) values.Add(new TopicValue(picture, picture.TagOf(_parts.Tagger), caller.Tenant));
            else picture.Value.Release();
        }

        return values;
    }
}
