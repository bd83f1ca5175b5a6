namespace Broker.Host.Configuration;

/// <summary>Which of a client certificate's names is the principal's.</summary>
internal enum CertificateName
{
    /// <summary>The only common name of its subject.</summary>
    Cn,

    /// <summary>The only DNS name among its alternative names.</summary>
    SanDns,

    /// <summary>The only URI among its alternative names.</summary>
    SanUri,
}
