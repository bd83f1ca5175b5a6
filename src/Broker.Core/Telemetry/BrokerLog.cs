using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Telemetry;

/// <summary>Everything that the broker logs. A client's mistakes are Debug, what an operator must know is Information and above; payloads never.</summary>
internal static partial class BrokerLog
{
    // 1xx connections

    [LoggerMessage(101, LogLevel.Debug, "Client {ClientId} connected over {Connection} with {Version}, keep alive {KeepAlive} s, session present: {SessionPresent}")]
    public static partial void Connected(this ILogger logger, string clientId, ConnectionInfo connection, ProtocolVersion version, int keepAlive, bool sessionPresent);

    [LoggerMessage(102, LogLevel.Debug, "Client {ClientId} over {Connection} is gone: {Reason} {Detail}")]
    public static partial void Disconnected(this ILogger logger, string clientId, ConnectionInfo connection, CloseReason reason, string? detail);

    [LoggerMessage(103, LogLevel.Debug, "Connection {Connection} was refused: {ReasonCode} {Detail}")]
    public static partial void Refused(this ILogger logger, ConnectionInfo connection, ReasonCode reasonCode, string? detail);

    [LoggerMessage(104, LogLevel.Error, "Connection {Connection} of client {ClientId} is closed because of a fault in the broker. Please report it with this trace")]
    public static partial void InternalError(this ILogger logger, Exception exception, ConnectionInfo connection, string? clientId);

    [LoggerMessage(105, LogLevel.Warning, "{Connections} connections are open, which is the limit (Limits:Connections); new ones are closed at once until some end")]
    public static partial void TooManyConnections(this ILogger logger, int connections);

    [LoggerMessage(106, LogLevel.Information, "There is room for connections again")]
    public static partial void RoomForConnections(this ILogger logger);

    [LoggerMessage(107, LogLevel.Error, "The authenticator failed for {Connection}; the client is refused")]
    public static partial void AuthenticatorFailed(this ILogger logger, Exception exception, ConnectionInfo connection);

    [LoggerMessage(108, LogLevel.Error, "The authorizer failed when {Subject} asked to {Action}; that counts as no. Further faults within ten seconds are not logged")]
    public static partial void AuthorizerFailed(this ILogger logger, Exception exception, AccessSubject subject, AccessAction action);

    // 2xx sessions

    [LoggerMessage(201, LogLevel.Warning, "The queue of client {ClientId} is full ({Messages} messages, {Bytes} bytes; Limits:QueueMessages, Limits:QueueBytes): {Policy} until it has caught up. Is it connected and reading?")]
    public static partial void QueueOverflow(this ILogger logger, string clientId, int messages, long bytes, OverflowPolicy policy);

    // 3xx the broker

    [LoggerMessage(302, LogLevel.Warning, "The broker is overloaded: {Level} ({MemoryBytes} of {BudgetBytes} bytes, {Lag} late; Limits:MemoryBytes, Limits:OverloadLag). At Soft it takes no new connections and $SYS stands still, at Hard it also drops QoS 0")]
    public static partial void OverloadBegins(this ILogger logger, OverloadLevel level, long memoryBytes, long budgetBytes, TimeSpan lag);

    [LoggerMessage(303, LogLevel.Information, "The overload eases: {Level} now ({MemoryBytes} of {BudgetBytes} bytes, {Lag} late)")]
    public static partial void OverloadEases(this ILogger logger, OverloadLevel level, long memoryBytes, long budgetBytes, TimeSpan lag);

    [LoggerMessage(301, LogLevel.Error, "A timer failed; the others go on. Please report it with this trace")]
    public static partial void TimerFailed(this ILogger logger, Exception exception);
}
