using Broker.Core.Connections;

namespace Broker.Core.Security;

/// <summary>Decides who a connecting client is. A plug point of the host.</summary>
public interface IAuthenticator
{
    /// <summary>
    /// Says who the client is, or why it is refused. Called once for every CONNECT without an authentication method; the
    /// connection reads nothing more until the answer is there. An exception counts as a refusal with 0x88.
    /// </summary>
    /// <param name="request">What the client showed; valid beyond the call.</param>
    /// <param name="cancellationToken">Fires when the connection is gone or took too long.</param>
    ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken);
}

/// <summary>What a client showed at CONNECT.</summary>
/// <param name="Connection">The connection it came over.</param>
/// <param name="ClientId">The client identifier; empty if the broker is to assign one.</param>
/// <param name="UserName">The user name; null if none was sent.</param>
/// <param name="Password">The password; null if none was sent.</param>
public sealed record AuthenticationRequest(ConnectionInfo Connection, string ClientId, string? UserName, ReadOnlyMemory<byte>? Password);
