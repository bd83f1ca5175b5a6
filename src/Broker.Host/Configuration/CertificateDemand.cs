namespace Broker.Host.Configuration;

/// <summary>Whether an endpoint wants client certificates.</summary>
internal enum CertificateDemand
{
    /// <summary>It does not ask for one.</summary>
    None,

    /// <summary>Who shows one is who it says; others have to log in otherwise. A bad one is refused.</summary>
    Allow,

    /// <summary>Nobody gets in without one.</summary>
    Require,
}
