using System.Net;
using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>
/// Decides who a client is by what it shows: a certificate first, then a token, then a name and a password. Showing nothing is
/// being anonymous; showing something that is not right is being nobody.
/// </summary>
/// <param name="passwords">The users of the password file; null where there is none.</param>
/// <param name="tokens">The tokens that are taken; null where none are.</param>
/// <param name="allowsAnonymous">Whether clients that show nothing may connect.</param>
internal sealed class HostAuthenticator(PasswordLogin? passwords, JwtLogin? tokens, bool allowsAnonymous) : IAuthenticator
{
    private static AuthenticationResult NotOffered => AuthenticationResult.Refuse(ReasonCode.BadUserNameOrPassword, "Bad user name or password");

    /// <summary>Whether a name and a password mean anything here.</summary>
    public bool TakesPasswords => passwords is not null;

    /// <summary>Whether tokens mean anything here.</summary>
    public bool TakesTokens => tokens is not null;

    /// <inheritdoc/>
    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request.Connection.Proven is { } proven) return new(ByCertificate(proven, request.UserName));
        if (request.UserName is null && request.Password is null) return new(ByNothing());
        if (request.Password is not { } password) return new(NotOffered); // a name alone is a claim, not a proof
        if (tokens is not null && tokens.IsFor(request.UserName)) return tokens.LogInAsync(request.Connection.Remote, password);
        return passwords is not null && !string.IsNullOrEmpty(request.UserName)
            ? passwords.LogInAsync(request.Connection.Remote, request.UserName, password, cancellationToken)
            : new(NotOffered);
    }

    /// <summary>Who a token is, where it came by itself (HTTP's Bearer).</summary>
    public ValueTask<AuthenticationResult> AuthenticateTokenAsync(EndPoint? remote, ReadOnlyMemory<byte> token) =>
        tokens is null ? new(NotOffered) : tokens.LogInAsync(remote, token);

    private static AuthenticationResult ByCertificate(ProvenIdentity proven, string? userName)
    {
        // Two claims that differ: which of them the operator's rules were written for is not for us to guess.
        if (!string.IsNullOrEmpty(userName) && userName != proven.Principal.Name)
        {
            return AuthenticationResult.Refuse(ReasonCode.NotAuthorized, "The user name is not the one of the client certificate");
        }

        return AuthenticationResult.Accept(proven.Principal, proven.ValidUntil);
    }

    private AuthenticationResult ByNothing() => allowsAnonymous
        ? AuthenticationResult.Accept(Principal.Anonymous)
        : AuthenticationResult.Refuse(ReasonCode.NotAuthorized, "Anonymous clients may not connect");
}
