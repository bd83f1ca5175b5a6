using System.Globalization;
using Broker.Core.Polling;
using Broker.Core.Security;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Broker.Host.Polling;

/// <summary><c>GET /topics/...</c>: the value of a topic, now or when it is another one; <c>GET /topics</c>: those of many.</summary>
internal sealed class TopicReads(TopicPolling polling, TimeProvider time)
{
    private const string Everything = "#";

    /// <summary>Answers one request.</summary>
    public Task HandleAsync(HttpContext context, AccessSubject caller)
    {
        RequestTarget target = RequestTarget.Of(context);
        if (target.EncodedTopic.IsEmpty) return ListAsync(context, caller, target);
        if (!target.TryGetTopic(out byte[] topic)) return PollProblems.WriteBadAsync(context, "The topic is not well-formed: percent-encoded UTF-8 without U+0000 is wanted.");
        if (!target.TryGetSeconds("wait", out TimeSpan? wait)) return PollProblems.WriteBadAsync(context, "wait has to be a number of seconds, such as 30.");
        return ReadAsync(context, caller, topic, wait);
    }

    private async Task ReadAsync(HttpContext context, AccessSubject caller, byte[] topic, TimeSpan? wait)
    {
        HttpResponse response = context.Response;
        bool prefers = Preferences.TryGetWait(context.Request.Headers["Prefer"], out TimeSpan preferred);
        TimeSpan effective = wait ?? preferred;
        if (effective > polling.Limits.PollWait) effective = polling.Limits.PollWait;
        PollResult result = await polling.ReadAsync(
            caller, topic, EntityTags.Read(context.Request.Headers.IfNoneMatch), effective, context.RequestAborted, HttpEndpoint.Of(context).Closing);
        using TopicValue? value = result.Value;
        bool isApplied = wait is null && prefers; // a parameter in the URL comes first
        if (isApplied) response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={(int)effective.TotalSeconds}");
        response.Headers.CacheControl = "no-cache";
        if (value is null)
        {
            await PollProblems.WriteAsync(context, result.Status);
            return;
        }

        // Kestrel's own date is up to a second old, and nothing may have changed after it (RFC 9110 section 8.8.2.1).
        response.Headers.Date = time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        response.Headers.ETag = EntityTags.Format(value.Tag);
        response.Headers["Topic-Last-Seen"] = value.LastSeen.ToString("R", CultureInfo.InvariantCulture);
        response.Headers["Topic-Version"] = value.Version.ToString(CultureInfo.InvariantCulture);
        if (result.Status == PollStatus.NotModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified; // the tag says which value it is: nothing else about it (RFC 9110 section 15.4.5)
            return;
        }

        response.Headers.LastModified = value.LastModified.ToString("R", CultureInfo.InvariantCulture);

        MessageAnswer.Describe(response, value);
        if (!HttpMethods.IsHead(context.Request.Method)) await MessageAnswer.WriteAsync(context, value);
    }

    private Task ListAsync(HttpContext context, AccessSubject caller, RequestTarget target)
    {
        if (!target.TryGetText("filter", out string? filter)) return PollProblems.WriteBadAsync(context, "filter is not well-formed: percent-encoded UTF-8 without U+0000 is wanted.");
        if (!target.TryGetText("since", out string? since)) return PollProblems.WriteAsync(context, PollStatus.InvalidCursor);
        if (!target.TryGetNumber("limit", 1, TopicPolling.PageTopics, TopicPolling.PageTopics, out int limit))
        {
            return PollProblems.WriteBadAsync(context, $"limit has to be a whole number from 1 to {TopicPolling.PageTopics}.");
        }

        filter ??= Everything;
        PollStatus status = polling.List(caller, filter, since, limit, out TopicPage? page);
        if (page is null) return PollProblems.WriteAsync(context, status);
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Topics-Cursor"] = page.Cursor;
        headers["Topics-Full"] = page.IsFull ? "true" : "false";
        headers["Topics-More"] = page.HasMore ? "true" : "false";
        headers.Link = $"<{Next(filter, page.Cursor, limit)}>; rel=\"next\"";
        context.Response.ContentType = "application/json";
        return WriteAsync(context, page);
    }

    private static async Task WriteAsync(HttpContext context, TopicPage page)
    {
        using (page)
        {
            if (!HttpMethods.IsHead(context.Request.Method)) await TopicJson.WriteAsync(context.Response.BodyWriter, page, context.RequestAborted);
        }
    }

    private static string Next(string filter, string cursor, int limit)
    {
        string bounded = limit < TopicPolling.PageTopics ? string.Create(CultureInfo.InvariantCulture, $"&limit={limit}") : "";
        return $"/topics?filter={Uri.EscapeDataString(filter)}&since={cursor}{bounded}";
    }
}
