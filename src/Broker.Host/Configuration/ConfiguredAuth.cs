using Broker.Host.Security;

namespace Broker.Host.Configuration;

/// <summary>What <c>Broker:Auth</c> names, read and found sound.</summary>
internal sealed record ConfiguredAuth
{
    /// <summary>The users of the password file; null where there is none.</summary>
    public UserFile? Users { get; init; }

    /// <summary>Which tokens are taken; null where none are.</summary>
    public JwtRules? Tokens { get; init; }

    /// <summary>The keys for tokens out of a file; null where none are taken, or the issuer publishes them.</summary>
    public JwtKeys? TokenKeys { get; init; }

    /// <summary>Where the issuer publishes its keys; null where it does not.</summary>
    public Uri? TokenKeysUrl { get; init; }

    /// <summary>Who client certificates are from, and whom they name; null where none are taken.</summary>
    public ClientCertificateRules? ClientCertificates { get; init; }

    /// <summary>Whether there is a way to say who one is.</summary>
    public bool IsAny => Users is not null || Tokens is not null || ClientCertificates is not null;
}
