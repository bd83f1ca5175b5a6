using System.Net;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>
/// Tokens as an authentication method of MQTT 5, called <c>JWT</c>: the Authentication Data is the token. With it a client can
/// show a new one by AUTH before the old one ends, without losing its connection.
/// </summary>
internal sealed class JwtAuthenticator(JwtLogin login) : IEnhancedAuthenticator
{
    /// <inheritdoc/>
    public string Method => "JWT";

    /// <inheritdoc/>
    public IAuthenticationExchange Begin(ConnectionInfo connection, string clientId) => new Exchange(login, connection.Remote);

    private sealed class Exchange(JwtLogin login, EndPoint? remote) : IAuthenticationExchange
    {
        public async ValueTask<AuthenticationStep> ContinueAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            AuthenticationResult result = await login.LogInAsync(remote, data);

            // 0x86 is about user names; a method of its own says 0x87.
            if (result.ReasonCode == ReasonCode.BadUserNameOrPassword) result = AuthenticationResult.Refuse(ReasonCode.NotAuthorized, result.Reason);
            return new AuthenticationStep(result, default);
        }
    }
}
