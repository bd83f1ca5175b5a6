using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Broker.Host.Security;

/// <summary>Logs clients in that show a signed token (JWT).</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class JwtLogin
{
    /// <summary>How principals of tokens are authenticated.</summary>
    public const string Method = "jwt";

    private readonly JwtRules _rules;
    private readonly JwtKeyStore _keys;
    private readonly AttemptLimiter _limiter;
    private readonly RememberedLogins _remembered;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler;

    /// <summary>Prepares the checks.</summary>
    public JwtLogin(JwtRules rules, JwtKeyStore keys, AttemptLimiter limiter, RememberedLogins remembered, TimeProvider time)
    {
        _rules = rules;
        _keys = keys;
        _limiter = limiter;
        _remembered = remembered;
        _time = time;
        _handler = new JsonWebTokenHandler { MaximumTokenSizeInBytes = rules.TokenBytes, MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false };
    }

    // One text for every cause; the issuer knows more.
    private static AuthenticationResult Wrong => AuthenticationResult.Refuse(ReasonCode.BadUserNameOrPassword, "The token is not valid here");

    /// <summary>Whether a password with this user name is a token.</summary>
    public bool IsFor(string? userName) => string.IsNullOrEmpty(userName) || _rules.UserName == "*" || userName == _rules.UserName;

    /// <summary>Says who it is, until the token's <c>exp</c>; or 0x86, 0x97 after too many bad ones, 0x88 while there are no keys.</summary>
    public async ValueTask<AuthenticationResult> LogInAsync(EndPoint? remote, ReadOnlyMemory<byte> token)
    {
        if (_keys.Current is not { } keys) return AuthenticationResult.Refuse(ReasonCode.ServerUnavailable, "The issuer's keys are not known yet");
        if (token.Length > _rules.TokenBytes || token.Span.Count((byte)'.') != 2 || !Ascii.IsValid(token.Span)) return Wrong; // an encrypted one has four dots
        if (_remembered.Find(keys, "", token.Span) is { } known) return known;
        if (_limiter.TryBegin(remote, user: null) is not { } attempt) return PasswordLogin.TooManyFailures;
        if (await ValidateAsync(Encoding.ASCII.GetString(token.Span), keys) is not { } result) return Wrong;
        attempt.Forgive();
        _remembered.Add(keys, "", token.Span, result);
        return result;
    }

    private async Task<AuthenticationResult?> ValidateAsync(string text, JwtKeys keys)
    {
        JsonWebToken token;
        try
        {
            token = _handler.ReadJsonWebToken(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or SecurityTokenException or System.Text.Json.JsonException)
        {
            return null;
        }

        if (!IsOneObject(token.EncodedHeader) || !IsOneObject(token.EncodedPayload)) return null;
        if (token.TryGetHeaderValue("crit", out object _)) return null; // it demands that we understand what we do not [RFC 7515 section 4.1.11]
        if (!string.IsNullOrEmpty(token.Kid) && !keys.Keys.Any(key => key.KeyId == token.Kid)) _keys.Missed?.Invoke();
        TokenValidationResult result = await _handler.ValidateTokenAsync(token, Parameters(keys));
        if (!result.IsValid) return null;
        bool hasName = token.TryGetPayloadValue(_rules.PrincipalClaim, out string? name);
        if (!hasName || name is null || !UserName.IsValid(name)) return null;
        return AuthenticationResult.Accept(new Principal(Method, name), new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + _rules.ClockSkew);
    }

    // The library leaves unread what follows the object; who reads it otherwise must not read something else.
    private static bool IsOneObject(string base64Url)
    {
        try
        {
            var reader = new Utf8JsonReader(Base64Url.DecodeFromChars(base64Url));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return false;
        }
    }

    private TokenValidationParameters Parameters(JwtKeys keys) => new()
    {
        ValidIssuer = _rules.Issuer,
        ValidAudience = _rules.Audience,
        ValidAlgorithms = _rules.Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        RequireAudience = true,
        ValidateIssuer = true,
        ValidateAudience = true,
        ValidateLifetime = true,
        ValidateIssuerSigningKey = true,
        TryAllIssuerSigningKeys = false,
        IssuerSigningKeyResolver = (_, _, keyId, _) => keys.For(keyId),
        LifetimeValidator = IsInTime,
    };

    // With the broker's clock in place of the library's own.
    private bool IsInTime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + _rules.ClockSkew && (notBefore is not { } begin || begin - _rules.ClockSkew <= now);
    }
}
