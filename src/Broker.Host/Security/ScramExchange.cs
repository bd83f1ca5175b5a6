using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>The broker's side of one exchange of SCRAM: two messages of the client's, an answer to each.</summary>
/// <remarks>
/// Who is not there is asked for a proof like everybody else, and fails with the same words at the same point. Channel binding
/// is not offered; a client that insists on it (<c>p=</c>) is refused.
/// </remarks>
internal sealed class ScramExchange(UserFile users, AttemptLimiter limiter, EndPoint? remote, string serverNonce) : IAuthenticationExchange
{
    private AttemptLimiter.Attempt? _attempt;
    private ClientFirst? _first;
    private UserEntry? _user;
    private ScramKeys? _keys;
    private string _serverFirst = "";
    private bool _isOver;

    /// <inheritdoc/>
    public ValueTask<AuthenticationStep> ContinueAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        new(_isOver ? End(Malformed) : _first is null ? First(data.Span) : Final(data.Span));

    private static AuthenticationResult Wrong => AuthenticationResult.Refuse(ReasonCode.NotAuthorized, "Bad user name or password");

    private static AuthenticationResult Malformed => AuthenticationResult.Refuse(ReasonCode.NotAuthorized, "This is no message of SCRAM-SHA-256 without channel binding");

    private AuthenticationStep First(ReadOnlySpan<byte> data)
    {
        if (ClientFirst.TryParse(data) is not { } first) return End(Malformed);
        if (limiter.TryBegin(remote, first.UserName) is not { } attempt) return End(PasswordLogin.TooManyFailures);
        _attempt = attempt;
        _first = first;
        _user = users.Users.GetValueOrDefault(first.UserName);
        _keys = _user?.Scram ?? users.DecoyKeys(first.UserName);
        _serverFirst = string.Create(
            CultureInfo.InvariantCulture, $"r={first.Nonce}{serverNonce},s={Convert.ToBase64String(_keys.Salt)},i={_keys.Iterations}");
        return new AuthenticationStep(null, Encoding.UTF8.GetBytes(_serverFirst));
    }

    private AuthenticationStep Final(ReadOnlySpan<byte> data)
    {
        ClientFirst first = _first!; // a first message came, so its parts are there
        ScramKeys keys = _keys!;
        if (ClientFirst.Text(data) is not { } text) return End(Malformed);
        int proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0) return End(Malformed);
        string withoutProof = text[..proofAt];
        string expected = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(first.Header))},r={first.Nonce}{serverNonce}";
        bool isExpected = withoutProof == expected || withoutProof.StartsWith(expected + ",", StringComparison.Ordinal); // extensions may follow
        if (!isExpected || !Base64Text.TryDecode(text.AsSpan(proofAt + 3), out byte[] proof) || proof.Length != ScramKeys.KeyBytes) return End(Malformed);

        byte[] message = Encoding.UTF8.GetBytes($"{first.Bare},{_serverFirst},{withoutProof}");
        byte[] clientKey = HMACSHA256.HashData(keys.StoredKey, message);
        for (int i = 0; i < clientKey.Length; i++) clientKey[i] ^= proof[i];
        bool isRight = CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), keys.StoredKey);
        if (!isRight || _user?.Scram is null) return End(Wrong);
        _attempt!.Forgive(); // the first message began it
        byte[] signature = Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(HMACSHA256.HashData(keys.ServerKey, message))}");
        return End(AuthenticationResult.Accept(new Principal(PasswordLogin.Method, _user.Name)), signature);
    }

    private AuthenticationStep End(AuthenticationResult result, byte[]? data = null)
    {
        _isOver = true;
        return new AuthenticationStep(result, data ?? default(ReadOnlyMemory<byte>));
    }
}
