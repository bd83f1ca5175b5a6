using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>Why a connection ended: it decides the reason code, what <c>$presence</c> says, and the counter.</summary>
public enum CloseReason
{
    /// <summary>The client sent DISCONNECT.</summary>
    Disconnected,

    /// <summary>Nothing came for one and a half times the keep alive.</summary>
    KeepAlive,

    /// <summary>The network connection was lost or closed without a DISCONNECT.</summary>
    Network,

    /// <summary>Another connection took the session over.</summary>
    TakenOver,

    /// <summary>An administrator or a limit ended it.</summary>
    Kicked,

    /// <summary>The client broke the protocol.</summary>
    Protocol,

    /// <summary>The broker stops.</summary>
    Shutdown,

    /// <summary>The CONNECT did not come, or was not accepted, in time.</summary>
    ConnectTimeout,

    /// <summary>The CONNECT was refused.</summary>
    Refused,

    /// <summary>A fault of the broker's own.</summary>
    InternalError,
}

/// <summary>What each reason means on the wire and to people.</summary>
internal static class CloseReasons
{
    /// <summary>The reason code of the DISCONNECT, where the violation itself does not give one.</summary>
    public static ReasonCode ToReasonCode(this CloseReason reason) => reason switch
    {
        CloseReason.KeepAlive => ReasonCode.KeepAliveTimeout,
        CloseReason.TakenOver => ReasonCode.SessionTakenOver,
        CloseReason.Kicked => ReasonCode.AdministrativeAction,
        CloseReason.Protocol => ReasonCode.ProtocolError,
        CloseReason.Shutdown => ReasonCode.ServerShuttingDown,
        CloseReason.ConnectTimeout => ReasonCode.MaximumConnectTime,
        CloseReason.Disconnected => ReasonCode.Success,
        _ => ReasonCode.UnspecifiedError,
    };

    /// <summary>The word that <c>$presence/...</c> uses; it has one for what an outsider can tell apart.</summary>
    public static string ToPresenceWord(this CloseReason reason) => reason is CloseReason.InternalError ? CloseReason.Kicked.ToWord() : reason.ToWord();

    /// <summary>The word that metrics use.</summary>
    public static string ToWord(this CloseReason reason) => reason switch
    {
        CloseReason.Disconnected => "disconnected",
        CloseReason.KeepAlive => "keep-alive",
        CloseReason.Network => "network",
        CloseReason.TakenOver => "taken-over",
        CloseReason.Kicked => "kicked",
        CloseReason.Protocol => "protocol",
        CloseReason.Shutdown => "shutdown",
        CloseReason.ConnectTimeout => "connect-timeout",
        CloseReason.Refused => "refused",
        _ => "internal-error",
    };
}
