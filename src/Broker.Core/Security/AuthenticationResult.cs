using Broker.Core.Protocol;

namespace Broker.Core.Security;

/// <summary>Who a client is, or why it is refused.</summary>
public readonly record struct AuthenticationResult
{
    private AuthenticationResult(Principal? principal, DateTimeOffset? validUntil, ReasonCode reasonCode, string? reason)
    {
        Principal = principal;
        ValidUntil = validUntil;
        ReasonCode = reasonCode;
        Reason = reason;
    }

    /// <summary>The identity; null if the client is refused.</summary>
    public Principal? Principal { get; }

    /// <summary>
    /// When what the client showed stops to hold: the connection ends then with 0xA0, unless the client has authenticated again.
    /// Null if it holds as long as the connection.
    /// </summary>
    public DateTimeOffset? ValidUntil { get; }

    /// <summary>Why the client is refused; <see cref="ReasonCode.Success"/> otherwise.</summary>
    public ReasonCode ReasonCode { get; }

    /// <summary>The refusal in words for the client, or null.</summary>
    public string? Reason { get; }

    /// <summary>The client is <paramref name="principal"/>, until <paramref name="validUntil"/> if that is given.</summary>
    public static AuthenticationResult Accept(Principal principal, DateTimeOffset? validUntil = null) => new(principal, validUntil, ReasonCode.Success, null);

    /// <summary>The client is refused with <paramref name="reasonCode"/> (0x80 or above).</summary>
    public static AuthenticationResult Refuse(ReasonCode reasonCode, string? reason = null) => new(null, null, reasonCode, reason);
}
