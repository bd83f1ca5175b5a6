using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>Which tokens are taken: <c>Broker:Auth:Jwt</c>.</summary>
internal sealed record JwtOptions
{
    /// <summary>Who issues them: the <c>iss</c> that they have to have.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whom they are for: the <c>aud</c> that they have to have.</summary>
    public string? Audience { get; init; }

    /// <summary>How they may be signed.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256", "ES256"];

    /// <summary>The keys that they are signed with: PEM (public keys, certificates) or a JSON Web Key Set.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Where the issuer publishes its keys.</summary>
    public string? JwksUrl { get; init; }

    /// <summary>How often the published keys are read again.</summary>
    [DurationRange("00:01:00", "1.00:00:00")]
    public TimeSpan JwksRefresh { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The user name that says that the password is a token; <c>*</c> where every password is one.</summary>
    public string UserName { get; init; } = "jwt";

    /// <summary>The claim that names the principal.</summary>
    public string PrincipalClaim { get; init; } = "sub";

    /// <summary>How far the issuer's clock may be off.</summary>
    [DurationRange("00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);
}
