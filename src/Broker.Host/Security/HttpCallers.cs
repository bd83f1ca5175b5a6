using System.Net;
using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ConnectionInfo = Broker.Core.Connections.ConnectionInfo;
using TransportKind = Broker.Core.Connections.TransportKind;

namespace Broker.Host.Security;

/// <summary>
/// Says who an HTTP caller is, by the same rules as an MQTT client: client certificate, <c>Authorization: Bearer</c> (a token) or
/// <c>Basic</c> (a user of the password file, or a token as MQTT clients show it).
/// </summary>
internal sealed class HttpCallers(Authentication authentication, ILogger<HttpCallers> logger)
{
    private const string Basic = "Basic ";
    private const string Bearer = "Bearer ";
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The caller; null where it is refused: then the answer has been written.</summary>
    public async ValueTask<Principal?> IdentifyAsync(HttpContext context)
    {
        if (authentication.Authenticator is not { } authenticator) return Principal.Anonymous;
        AuthenticationResult result;
        try
        {
            result = await AskAsync(context, authenticator);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // a fault of ours refuses, whatever it is
        catch (Exception fault)
#pragma warning restore CA1031
        {
            HostLog.AuthenticationFailed(logger, fault);
            result = AuthenticationResult.Refuse(ReasonCode.ServerUnavailable);
        }

        if (result.Principal is { } principal) return principal;
        await RefuseAsync(context, authenticator, result);
        return null;
    }

    private static async ValueTask<AuthenticationResult> AskAsync(HttpContext context, HostAuthenticator authenticator)
    {
        HttpEndpoint endpoint = HttpEndpoint.Of(context);
        ProvenIdentity? proven = null;
        if (endpoint.Tls?.TryIdentify(context.Connection.ClientCertificate, out proven) == false) return Unreadable;
        EndPoint? remote = context.Connection.RemoteIpAddress is { } address ? SocketTuning.Readable(new IPEndPoint(address, context.Connection.RemotePort)) : null;
        var info = new ConnectionInfo(endpoint.Endpoint.Name, TransportKind.Http, remote) { Proven = proven };
        string? user = null;
        byte[]? secret = null;
        if (context.Request.Headers.Authorization is { Count: > 0 } headers)
        {
            string header = headers.Count == 1 ? headers[0] ?? "" : "";
            bool isToken = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
            if (isToken && proven is null) return await authenticator.AuthenticateTokenAsync(remote, Encoding.UTF8.GetBytes(header[Bearer.Length..].Trim()));
            if (isToken || !TryReadBasic(header, out user, out secret)) return Unreadable; // a token beside a certificate: two claims
        }

        var request = new AuthenticationRequest(info, "", user, secret is null ? null : new ReadOnlyMemory<byte>(secret));
        return await authenticator.AuthenticateAsync(request, context.RequestAborted);
    }

    private static AuthenticationResult Unreadable => AuthenticationResult.Refuse(ReasonCode.NotAuthorized);

    private static bool TryReadBasic(string header, out string? user, out byte[]? password)
    {
        user = null;
        password = null;
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return false;
        if (!Base64Text.TryDecode(header[Basic.Length..].Trim(), out byte[] pair)) return false;
        int colon = Array.IndexOf(pair, (byte)':');
        if (colon < 0) return false;
        try
        {
            user = _strict.GetString(pair.AsSpan(0, colon));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        password = pair[(colon + 1)..];
        return true;
    }

    private static Task RefuseAsync(HttpContext context, HostAuthenticator authenticator, in AuthenticationResult result)
    {
        (int status, string detail) = result.ReasonCode switch
        {
            ReasonCode.QuotaExceeded => (StatusCodes.Status429TooManyRequests, "Too many failed logins from this address; try again later."),
            ReasonCode.ServerBusy => (StatusCodes.Status503ServiceUnavailable, "Too many clients log in at the moment."),
            ReasonCode.ServerUnavailable => (StatusCodes.Status503ServiceUnavailable, "Authentication is not available at the moment."),
            _ => (StatusCodes.Status401Unauthorized, "Say who you are, by a way that this broker knows; what was shown is not right, or nothing was."),
        };
        IHeaderDictionary headers = context.Response.Headers;
        if (status == StatusCodes.Status401Unauthorized)
        {
            var offers = new List<string>();
            if (authenticator.TakesPasswords) offers.Add("Basic realm=\"broker\", charset=\"UTF-8\"");
            if (authenticator.TakesTokens) offers.Add("Bearer realm=\"broker\"");
            if (offers.Count == 0) offers.Add("Certificate realm=\"broker\""); // nothing that a header could carry
            headers.WWWAuthenticate = offers.ToArray();
        }
        else
        {
            headers.RetryAfter = status == StatusCodes.Status429TooManyRequests ? "60" : "1";
        }

        headers.CacheControl = "no-store";
        return Problems.WriteAsync(context, status, detail);
    }
}
