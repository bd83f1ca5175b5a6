using Broker.Core.Protocol;

namespace Broker.Core.Security;

/// <summary>Who a client is, or why it is refused.</summary>
public readonly record struct AuthenticationResult
{
    private AuthenticationResult(Principal? principal, ReasonCode reasonCode, string? reason)
    {
        Principal = principal;
        ReasonCode = reasonCode;
        Reason = reason;
    }

    /// <summary>The identity; null if the client is refused.</summary>
    public Principal? Principal { get; }

    /// <summary>Why the client is refused; <see cref="ReasonCode.Success"/> otherwise.</summary>
    public ReasonCode ReasonCode { get; }

    /// <summary>The refusal in words for the client, or null.</summary>
    public string? Reason { get; }

    /// <summary>The client is <paramref name="principal"/>.</summary>
    public static AuthenticationResult Accept(Principal principal) => new(principal, ReasonCode.Success, null);

    /// <summary>The client is refused with <paramref name="reasonCode"/> (0x80 or above).</summary>
    public static AuthenticationResult Refuse(ReasonCode reasonCode, string? reason = null) => new(null, reasonCode, reason);
}
