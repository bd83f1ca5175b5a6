using System.Net.Sockets;
using Broker.Core.Storage;
using Broker.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Host;

/// <summary>Everything that the host logs, on one page; ids from 9000.</summary>
internal static partial class HostLog
{
    [LoggerMessage(9000, LogLevel.Information, "Anonymous clients may connect, from this machine only: {Endpoints}")]
    public static partial void AnonymousOnLoopback(ILogger logger, string endpoints);

    [LoggerMessage(9001, LogLevel.Warning, "Anonymous clients may connect, since Broker:Auth:AllowAnonymous is true: {Endpoints}")]
    public static partial void AnonymousByChoice(ILogger logger, string endpoints);

    [LoggerMessage(9002, LogLevel.Warning, "At most {Effective} MQTT connections instead of {Configured}: this process may open {Descriptors} files and sockets (ulimit -n)")]
    public static partial void ConnectionsLowered(ILogger logger, int effective, int configured, long descriptors);

    [LoggerMessage(9003, LogLevel.Warning, "The certificate of endpoint {Endpoint} is not valid now, only from {From:u} to {Until:u}; clients will refuse it")]
    public static partial void CertificateNotValid(ILogger logger, string endpoint, DateTime from, DateTime until);

    [LoggerMessage(9004, LogLevel.Debug, "Endpoint {Endpoint} refused client certificate {Serial}: {Fault}")]
    public static partial void CertificateRefused(ILogger logger, string endpoint, string serial, string fault);

    [LoggerMessage(9005, LogLevel.Information, "Clients have to say who they are: {Ways}")]
    public static partial void LoginRequired(ILogger logger, string ways);

    [LoggerMessage(9006, LogLevel.Warning, "Passwords and tokens travel in clear to endpoint {Endpoint}, and whoever is on the way can read them; use {Scheme}://")]
    public static partial void SecretsInClear(ILogger logger, string endpoint, string scheme);

    [LoggerMessage(9007, LogLevel.Warning, "Everybody on this machine can read or change {Path}; chmod o-rw {Path}")]
    public static partial void FileOpenToAll(ILogger logger, string path);

    [LoggerMessage(9008, LogLevel.Warning, "{Count} password hash(es) in {Path} are cheap to guess for whoever gets the file; 'Broker.Host user add NAME --replace' writes a better one")]
    public static partial void WeakHashes(ILogger logger, int count, string path);

    [LoggerMessage(9009, LogLevel.Error, "An authenticator failed; the caller is refused")]
    public static partial void AuthenticationFailed(ILogger logger, Exception exception);

    [LoggerMessage(9030, LogLevel.Information, "{Count} key(s) for tokens read from {Url}")]
    public static partial void KeysRead(ILogger logger, Uri url, int count);

    [LoggerMessage(9031, LogLevel.Error, "The keys for tokens cannot be read from {Url}: {Error}; {Remaining}")]
    public static partial void KeysNotRead(ILogger logger, Uri url, string error, string remaining);

    [LoggerMessage(9032, LogLevel.Information, "Endpoint {Endpoint} took new certificates, valid until {Until:u}, for the connections to come")]
    public static partial void CertificateReplaced(ILogger logger, string endpoint, DateTime until);

    [LoggerMessage(9033, LogLevel.Error, "A new certificate cannot be used, the one before stays: {Fault}")]
    public static partial void CertificateKept(ILogger logger, string fault);

    [LoggerMessage(9010, LogLevel.Information, "Stopping: no new connections, and clients are told")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(9030, LogLevel.Information, "The store in {Folder} is open: PUBACK means {Ack}; this disk confirms a write in {SyncMilliseconds:0.00} ms, and {MinFree} bytes of it stay free. It had {Sessions} sessions with {Queued} messages and {Retained} retained messages in {Bytes} bytes, read in {Seconds:0.0} s")]
    public static partial void StoreOpened(ILogger logger, string folder, AckLevel ack, double syncMilliseconds, long minFree, int sessions, int queued, int retained, long bytes, double seconds);

    [LoggerMessage(9031, LogLevel.Critical, "The store in {Folder} failed. What it was asked to write may or may not be on the disk, so nothing is acknowledged any more and the broker stops; start it again once the disk is sound: it then goes on with everything that it had acknowledged")]
    public static partial void StoreFailed(ILogger logger, Exception exception, string folder);

    [LoggerMessage(9032, LogLevel.Critical, "This broker is broken on purpose ({Defect}), for a test; it loses messages")]
    public static partial void SeededDefect(ILogger logger, string defect);

    [LoggerMessage(9011, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(9020, LogLevel.Error, "Endpoint {Endpoint} cannot take connections, the system has no more files or sockets for this process; they are refused until it has: {Error}")]
    public static partial void DescriptorsExhausted(ILogger logger, string endpoint, string error);

    [LoggerMessage(9021, LogLevel.Debug, "A connection to endpoint {Endpoint} was gone before it was accepted: {Error}")]
    public static partial void AcceptFailed(ILogger logger, string endpoint, SocketError error);

    [LoggerMessage(9022, LogLevel.Error, "Endpoint {Endpoint} failed to take a connection")]
    public static partial void AcceptFaulted(ILogger logger, Exception exception, string endpoint);

    [LoggerMessage(9023, LogLevel.Error, "A connection was ended by a fault of the broker")]
    public static partial void ConnectionFaulted(ILogger logger, Exception exception);

    [LoggerMessage(9024, LogLevel.Debug, "A connection ended: {Error}")]
    public static partial void ChannelFailed(ILogger logger, string error);

    [LoggerMessage(9025, LogLevel.Warning, "Endpoint {Endpoint} refused a WebSocket from a page of origin {Origin}; AllowedOrigins says which may connect")]
    public static partial void OriginRefused(ILogger logger, string endpoint, string origin);

    [LoggerMessage(9026, LogLevel.Warning, "Endpoint {Endpoint} refused a request from a page of origin {Origin}; AllowedOrigins says which may ask")]
    public static partial void PageRefused(ILogger logger, string endpoint, string origin);

    [LoggerMessage(9027, LogLevel.Error, "A request to {Path} was ended by a fault of the broker")]
    public static partial void RequestFailed(ILogger logger, string path, Exception fault);

    [LoggerMessage(9050, LogLevel.Information, "Reading the configuration again: {Reason}")]
    public static partial void Reloading(ILogger logger, string reason);

    [LoggerMessage(9051, LogLevel.Information, "Changed: {Part}: {Summary}")]
    public static partial void Reloaded(ILogger logger, string part, string summary);

    [LoggerMessage(9052, LogLevel.Information, "Nothing changed that takes effect while the broker runs")]
    public static partial void NothingToReload(ILogger logger);

    [LoggerMessage(9053, LogLevel.Warning, "These settings changed and take effect at the next start: {Keys}")]
    public static partial void AtNextStart(ILogger logger, string keys);

    [LoggerMessage(9054, LogLevel.Error, "{Fault}")]
    public static partial void ReloadFault(ILogger logger, ConfigurationFault fault);

    [LoggerMessage(9055, LogLevel.Error, "Nothing was changed: the new configuration has {Count} fault(s), named above; the broker goes on with the one that it has")]
    public static partial void ReloadRefused(ILogger logger, int count);

    [LoggerMessage(9056, LogLevel.Error, "The part '{Part}' could not look at the new configuration")]
    public static partial void ReloadFailed(ILogger logger, Exception exception, string part);

    [LoggerMessage(9060, LogLevel.Error, "The audit log cannot be written, events are lost until it can: {Error}")]
    public static partial void AuditFailed(ILogger logger, string error);

    [LoggerMessage(9057, LogLevel.Information, "{Count} connection(s) are closed: {Reason}")]
    public static partial void Expelled(ILogger logger, int count, string reason);

    [LoggerMessage(9058, LogLevel.Information, "Memory budget: {Megabytes} MiB ({Source}; Limits:MemoryBytes)")]
    public static partial void MemoryBudget(ILogger logger, long megabytes, string source);

    [LoggerMessage(9061, LogLevel.Information, "Endpoint {Endpoint} is open at {Address}")]
    public static partial void EndpointOpened(ILogger logger, string endpoint, string address);

    [LoggerMessage(9062, LogLevel.Information, "Endpoint {Endpoint} at {Address} is closed, with {Count} connection(s)")]
    public static partial void EndpointClosed(ILogger logger, string endpoint, string address, int count);
}
