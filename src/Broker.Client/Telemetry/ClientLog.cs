using Microsoft.Extensions.Logging;

namespace Broker.Client.Telemetry;

/// <summary>Every line that this library logs. Payloads and passwords never.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to {Address} as {ClientId}; session present: {SessionPresent}")]
    public static partial void Connected(this ILogger log, string address, string clientId, bool sessionPresent);

    [LoggerMessage(2, LogLevel.Warning, "The connection to {Address} is lost; connecting again")]
    public static partial void ConnectionLost(this ILogger log, string address, Exception cause);

    [LoggerMessage(3, LogLevel.Warning, "Attempt {Attempt} to connect to {Address} failed; the next in {Delay}")]
    public static partial void AttemptFailed(this ILogger log, int attempt, string address, TimeSpan delay, Exception? cause);

    [LoggerMessage(4, LogLevel.Error, "The broker refuses this client; it does not try again by itself")]
    public static partial void Refused(this ILogger log, Exception cause);

    [LoggerMessage(5, LogLevel.Error, "A handler of the application failed")]
    public static partial void HandlerFailed(this ILogger log, Exception exception);

    [LoggerMessage(10, LogLevel.Debug, "The subscription to {Filter} was interrupted and is made again")]
    public static partial void SubscribeAgain(this ILogger log, string filter, Exception cause);

    [LoggerMessage(11, LogLevel.Debug, "The subscription to {Filter} is ended with the next connection")]
    public static partial void UnsubscribeLater(this ILogger log, string filter, Exception cause);

    [LoggerMessage(12, LogLevel.Error, "The subscription to {Filter} could not be restored")]
    public static partial void SubscriptionLost(this ILogger log, string filter, Exception cause);

    [LoggerMessage(13, LogLevel.Warning, "A message on {Topic}, from a subscription of an earlier process that this one did not make again, is given up")]
    public static partial void Unclaimed(this ILogger log, string topic);

    [LoggerMessage(14, LogLevel.Warning, "A message on {Topic} could not be read as {Type}; it is skipped")]
    public static partial void Poisoned(this ILogger log, string topic, string type, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "The handler of {Topic} failed {Attempts} times; the message is given up")]
    public static partial void WorkFailed(this ILogger log, string topic, int attempts, Exception exception);

    [LoggerMessage(20, LogLevel.Error, "The responder on {Topic} failed; the requester is told '{Code}'")]
    public static partial void ResponderFailed(this ILogger log, string topic, string code, Exception exception);

    [LoggerMessage(21, LogLevel.Warning, "The service announcement on {Topic} could not be published")]
    public static partial void AnnouncementFailed(this ILogger log, string topic, Exception exception);

    [LoggerMessage(22, LogLevel.Warning, "The circuit of requests to {Topic} is {State}")]
    public static partial void CircuitChanged(this ILogger log, string topic, CircuitState state);

    [LoggerMessage(30, LogLevel.Information, "{Messages} messages of an earlier process wait in the outbound queue {Path}")]
    public static partial void OutboxLoaded(this ILogger log, int messages, string path);

    [LoggerMessage(31, LogLevel.Error, "The outbound queue's file {Path} cannot be written; no further QoS 1 or 2 message is taken until it can")]
    public static partial void OutboxNotWritten(this ILogger log, string path, Exception exception);

    [LoggerMessage(32, LogLevel.Information, "The outbound queue's file {Path} can be written again; messages are taken")]
    public static partial void OutboxWrittenAgain(this ILogger log, string path);

    [LoggerMessage(33, LogLevel.Warning, "The outbound queue's file {Path} could not be shortened and grows on; nothing is lost")]
    public static partial void OutboxNotShortened(this ILogger log, string path, Exception exception);

    [LoggerMessage(34, LogLevel.Error, "The outbound queue's file {Path} is damaged: {Records} records cannot be read and are left out; the file as it was is kept as {Aside}")]
    public static partial void OutboxDamaged(this ILogger log, string path, int records, string aside);
}
