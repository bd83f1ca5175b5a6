namespace Broker.Core.Connections;

/// <summary>Why a transport ended, as it saw it.</summary>
public enum CloseCause
{
    /// <summary>The broker asked for it.</summary>
    Local,

    /// <summary>The peer closed its side in order.</summary>
    PeerClosed,

    /// <summary>The network failed: reset, timed out, unreachable.</summary>
    NetworkError,
}
