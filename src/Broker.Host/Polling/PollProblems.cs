using Broker.Core.Polling;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Broker.Host.Polling;

/// <summary>What became of a poll, where that is an error, as HTTP says it.</summary>
internal static class PollProblems
{
    /// <summary>Answers with the problem.</summary>
    public static Task WriteAsync(HttpContext context, PollStatus status)
    {
        (int code, string detail) = Of(status);
        if (code is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        return Problems.WriteAsync(context, code, detail);
    }

    /// <summary>Answers that a part of the request is not as it should be.</summary>
    public static Task WriteBadAsync(HttpContext context, string detail) => Problems.WriteAsync(context, StatusCodes.Status400BadRequest, detail);

    private static (int Code, string Detail) Of(PollStatus status) => status switch
    {
        PollStatus.Unknown => (StatusCodes.Status404NotFound, "No value of this topic is known: it was never published, was removed or has expired, or the broker had to forget it."),
        PollStatus.InvalidTopic => (StatusCodes.Status400BadRequest, "This is no topic name: it may not be empty, not have wildcards (+, #), and not pass Limits:TopicBytes and Limits:TopicLevels."),
        PollStatus.InvalidFilter => (StatusCodes.Status400BadRequest, "This is no topic filter: + and # stand for whole levels, # for the last one only; $share/ and $changes/ have no use here."),
        PollStatus.InvalidCursor => (StatusCodes.Status400BadRequest, "since has to be a cursor as the header Topics-Cursor gave it."),
        PollStatus.NotAuthorized => (StatusCodes.Status403Forbidden, "The access rules do not allow this."),
        PollStatus.TooLarge => (StatusCodes.Status413PayloadTooLarge, "The body is larger than Limits:PacketBytes."),
        PollStatus.QuotaExceeded => (StatusCodes.Status429TooManyRequests, "A limit of the broker is reached: retained messages, or what waits for a subscriber. Nobody got the message."),
        PollStatus.TooManyWaiting => (StatusCodes.Status429TooManyRequests, "Too many polls wait already (Limits:WaitingPolls)."),
        PollStatus.NoSubscribers => (StatusCodes.Status404NotFound, "Nobody subscribes to this topic."),
        PollStatus.TimedOut => (StatusCodes.Status504GatewayTimeout, "No response came in time."),
        PollStatus.Stopping => (StatusCodes.Status503ServiceUnavailable, "The broker stops."),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "This is no problem."),
    };
}
