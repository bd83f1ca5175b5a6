using System.ComponentModel.DataAnnotations;
using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>Who may connect: <c>Broker:Auth</c>.</summary>
internal sealed record AuthOptions
{
    /// <summary>
    /// Whether clients may connect without saying who they are. Not set means: where nothing else under Auth is set, on loopback
    /// endpoints, so that a first start needs nothing and still lets no other machine in; otherwise not.
    /// </summary>
    public bool? AllowAnonymous { get; init; }

    /// <summary>The file with users and their password hashes; <c>Broker.Host user add NAME</c> writes it.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Whether users of the password file that have SCRAM keys may log in with SCRAM-SHA-256. Not set means: yes.</summary>
    public bool? Scram { get; init; }

    /// <summary>Threads that hash passwords. Not set means: half of the processors, at least one.</summary>
    [Range(1, 256)]
    public int? HashThreads { get; init; }

    /// <summary>How long a login that succeeded is not hashed or verified again; 0: every one is.</summary>
    [DurationRange("00:00:00", "1.00:00:00")]
    public TimeSpan RememberLogins { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Which tokens are taken; null where none are.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Who client certificates are from, and whom they name; null where none are taken.</summary>
    public ClientCertificateOptions? ClientCertificates { get; init; }
}
