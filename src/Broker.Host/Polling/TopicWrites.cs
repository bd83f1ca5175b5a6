using Broker.Core.Polling;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Microsoft.AspNetCore.Http;

namespace Broker.Host.Polling;

/// <summary><c>PUT /topics/...</c>: publishes; <c>POST /requests/...</c>: publishes a request and answers with the first response.</summary>
internal sealed class TopicWrites(TopicPolling polling)
{
    private const int HighestQos = 2;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);

    /// <summary>Publishes the body.</summary>
    public async Task PublishAsync(HttpContext context, AccessSubject caller)
    {
        if (ReadPublication(context, 0, out TopicPublication publication, out _) is { } fault)
        {
            await PollProblems.WriteBadAsync(context, fault);
            return;
        }

        using var body = new OutputBuffer();
        PollStatus status = await RequestBody.TryReadAsync(context, polling.Limits.PacketBytes, body)
            ? await polling.PublishAsync(caller, publication with { Payload = body.WrittenMemory })
            : PollStatus.TooLarge;
        if (status == PollStatus.Ok) context.Response.StatusCode = StatusCodes.Status204NoContent;
        else await PollProblems.WriteAsync(context, status);
    }

    /// <summary>Publishes the body as a request and waits for the response.</summary>
    public async Task RequestAsync(HttpContext context, AccessSubject caller)
    {
        if (ReadPublication(context, 1, out TopicPublication publication, out TimeSpan timeout) is { } fault)
        {
            await PollProblems.WriteBadAsync(context, fault);
            return;
        }

        ResponseResult result;
        using (var body = new OutputBuffer())
        {
            result = await RequestBody.TryReadAsync(context, polling.Limits.PacketBytes, body)
                ? await polling.RequestAsync(caller, publication with { Payload = body.WrittenMemory, Retain = false }, timeout, context.RequestAborted)
                : new ResponseResult(PollStatus.TooLarge, null);
        }

        using MessageLease? response = result.Response;
        if (response is null)
        {
            await PollProblems.WriteAsync(context, result.Status);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        MessageAnswer.Describe(context.Response, response);
        await MessageAnswer.WriteAsync(context, response);
    }

    /// <summary>Reads everything but the body; what is wrong comes back.</summary>
    private static string? ReadPublication(HttpContext context, int qosByDefault, out TopicPublication publication, out TimeSpan timeout)
    {
        RequestTarget target = RequestTarget.Of(context);
        publication = new TopicPublication { Topic = default };
        timeout = _timeout;
        if (!target.TryGetTopic(out byte[] topic)) return "The topic is not well-formed: percent-encoded UTF-8 without U+0000 is wanted.";
        if (!target.TryGetFlag("retain", out bool retain)) return "retain has to be true or false.";
        if (!target.TryGetNumber("qos", 0, HighestQos, qosByDefault, out int qos)) return "qos has to be 0, 1 or 2.";
        if (!target.TryGetSeconds("timeout", out TimeSpan? wanted) || wanted <= TimeSpan.Zero) return "timeout has to be a number of seconds above 0, such as 5.";
        timeout = wanted ?? _timeout;
        publication = new TopicPublication { Topic = topic, Qos = (QualityOfService)qos, Retain = retain, ContentType = context.Request.ContentType };
        return null;
    }
}
