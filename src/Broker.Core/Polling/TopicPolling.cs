using System.Text;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Publishing;
using Broker.Core.Security;

namespace Broker.Core.Polling;

/// <summary>
/// The broker for callers that are no MQTT clients and ask when they want to know: reads the last value of a topic or waits for
/// the next one, lists topics, publishes, and asks MQTT clients questions. Everything is done with the caller's rights.
/// </summary>
/// <remarks>
/// Threading: any thread. Nothing blocks; who waits holds no thread, and is told by the publication that it waits for, on a
/// thread of the pool.
/// </remarks>
public sealed class TopicPolling
{
    private readonly PollingParts _parts;
    private readonly TopicReader _reader;
    private readonly TopicLister _lister;
    private readonly TopicPublisher _publisher;

    internal TopicPolling(PollingParts parts)
    {
        _parts = parts;
        _reader = new TopicReader(parts);
        _lister = new TopicLister(parts);
        _publisher = new TopicPublisher(parts);
    }

    /// <summary>The most topics on one page of <see cref="List"/>.</summary>
    public static int PageTopics => TopicLister.MostTopics;

    /// <summary>The bounds.</summary>
    public BrokerLimits Limits => _parts.Limits;

    /// <summary>Polls and requests that wait at this moment.</summary>
    public int WaitingCount => _parts.Waiting.Count;

    /// <summary>
    /// Reads a topic's value. With a wait: where the caller has the value, or there is none, waits for one that the caller does
    /// not have. The right to subscribe to the topic and to receive from it is needed.
    /// </summary>
    /// <param name="caller">Whose rights count.</param>
    /// <param name="topic">The topic name in UTF-8, well-formed; it has to stay as it is until the answer is there.</param>
    /// <param name="known">The values that the caller has.</param>
    /// <param name="wait">How long to wait; at most <see cref="BrokerLimits.PollWait"/>. Zero: not at all.</param>
    /// <param name="cancellationToken">Ends the wait: the caller is gone.</param>
    /// <param name="closing">Ends the wait, too: the caller is asked to go.</param>
    /// <returns>
    /// <see cref="PollStatus.Ok"/>, <see cref="PollStatus.NotModified"/> (both with the value), <see cref="PollStatus.Unknown"/>,
    /// <see cref="PollStatus.InvalidTopic"/>, <see cref="PollStatus.NotAuthorized"/>, <see cref="PollStatus.TooManyWaiting"/> or
    /// <see cref="PollStatus.Stopping"/>.
    /// </returns>
    /// <exception cref="OperationCanceledException">One of the tokens fired.</exception>
    public ValueTask<PollResult> ReadAsync(
        AccessSubject caller, ReadOnlyMemory<byte> topic, KnownTags known, TimeSpan wait, CancellationToken cancellationToken, CancellationToken closing = default) =>
        _reader.ReadAsync(caller, Mount(caller, topic), known, wait, cancellationToken, closing);

    /// <summary>
    /// Lists the topics that a filter matches, with their values; with a cursor, those that changed since. The right to subscribe
    /// to the filter is needed; topics that the caller may not receive from are left out. A topic that changes while the
    /// caller goes from page to page may be listed twice, but no change is missed, and no removal of a value.
    /// </summary>
    /// <param name="caller">Whose rights count.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="since">The cursor of an earlier page; null for everything. One of an earlier run of the broker counts as none.</param>
    /// <param name="limit">How many topics the page may have, from 1 to <see cref="PageTopics"/>; it may have fewer although there are more.</param>
    /// <param name="page">The page, for <see cref="PollStatus.Ok"/>; the caller disposes it.</param>
    /// <returns>
    /// <see cref="PollStatus.Ok"/>, <see cref="PollStatus.InvalidFilter"/>, <see cref="PollStatus.InvalidCursor"/> or
    /// <see cref="PollStatus.NotAuthorized"/>.
    /// </returns>
    public PollStatus List(AccessSubject caller, string filter, string? since, int limit, out TopicPage? page) =>
        _lister.List(caller, MountFilter(caller, Encoding.UTF8.GetBytes(filter)), since, limit, out page);

    /// <summary>Publishes a message; complete when an MQTT client would be sent its acknowledgement.</summary>
    /// <param name="caller">Whose rights count.</param>
    /// <param name="publication">The message.</param>
    /// <returns>
    /// <see cref="PollStatus.Ok"/>, <see cref="PollStatus.InvalidTopic"/>, <see cref="PollStatus.NotAuthorized"/>,
    /// <see cref="PollStatus.TooLarge"/>, <see cref="PollStatus.QuotaExceeded"/> or <see cref="PollStatus.Stopping"/>.
    /// </returns>
    public ValueTask<PollStatus> PublishAsync(AccessSubject caller, TopicPublication publication) => _publisher.PublishAsync(caller, publication with { Topic = Mount(caller, publication.Topic) });

    /// <summary>
    /// Publishes a request with a Response Topic and Correlation Data of its own (MQTT 5.0 section 4.10) and waits for the first
    /// response. The request expires with the wait.
    /// </summary>
    /// <param name="caller">Whose rights count.</param>
    /// <param name="request">The request.</param>
    /// <param name="timeout">How long to wait; at most <see cref="BrokerLimits.PollWait"/>.</param>
    /// <param name="cancellationToken">Ends the wait: the caller is gone.</param>
    /// <returns>
    /// <see cref="PollStatus.Ok"/> with the response, <see cref="PollStatus.NoSubscribers"/>, <see cref="PollStatus.TimedOut"/>,
    /// <see cref="PollStatus.TooManyWaiting"/>, or what <see cref="PublishAsync"/> answers.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<ResponseResult> RequestAsync(AccessSubject caller, TopicPublication request, TimeSpan timeout, CancellationToken cancellationToken) =>
        _publisher.RequestAsync(caller, request with { Topic = Mount(caller, request.Topic) }, timeout, cancellationToken);

    private static ReadOnlyMemory<byte> Mount(AccessSubject caller, ReadOnlyMemory<byte> topic)
    {
        bool isMounted = caller.Tenant is not null && !topic.IsEmpty && !Responses.IsResponse(topic.Span);
        return isMounted ? caller.Tenant!.MountCopy(topic.Span) : topic; // asked just before
    }

    private static ReadOnlySpan<byte> MountFilter(AccessSubject caller, ReadOnlySpan<byte> filter) =>
        caller.Tenant is { } tenant && !filter.IsEmpty ? MountedTopic.OfFilter(tenant, filter) : filter;

    /// <summary>The broker stops: everybody who waits is told.</summary>
    internal void Close()
    {
        _parts.Waiting.Close();
        _parts.Values.Watchers.CompleteAll();
        _parts.Router.Responses.CompleteAll();
    }
}
