namespace Broker.Host.Security;

/// <summary>Which tokens are taken (RFC 8725: nothing that the token says of itself decides how it is checked).</summary>
internal sealed record JwtRules
{
    /// <summary>Who issued it: its <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>Whom it is for: one of its <c>aud</c>.</summary>
    public required string Audience { get; init; }

    /// <summary>How it may be signed.</summary>
    public required IReadOnlyList<string> Algorithms { get; init; }

    /// <summary>The claim that names the principal.</summary>
    public required string PrincipalClaim { get; init; }

    /// <summary>The user name that says that the password is a token; <c>*</c> where every password is one.</summary>
    public required string UserName { get; init; }

    /// <summary>How far the issuer's clock may be off.</summary>
    public required TimeSpan ClockSkew { get; init; }

    /// <summary>The longest token in bytes.</summary>
    public required int TokenBytes { get; init; }
}
