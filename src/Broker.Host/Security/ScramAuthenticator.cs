using System.Security.Cryptography;
using Broker.Core.Connections;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>SCRAM-SHA-256 (RFC 5802, RFC 7677) as an authentication method of MQTT 5: the password never travels, and the broker proves itself, too.</summary>
/// <remarks>Threading: any thread. The broker's part costs a few HMACs; the work is the client's.</remarks>
internal sealed class ScramAuthenticator(UserStore users, AttemptLimiter limiter, Func<string>? nonces = null) : IEnhancedAuthenticator
{
    private const int NonceBytes = 18;
    private readonly Func<string> _nonces = nonces ?? (() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes)));

    /// <inheritdoc/>
    public string Method => ScramKeys.Scheme;

    /// <inheritdoc/>
    public IAuthenticationExchange Begin(ConnectionInfo connection, string clientId) => new ScramExchange(users.Current, limiter, connection.Remote, _nonces());
}
