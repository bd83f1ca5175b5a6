namespace Broker.Core.Connections;

/// <summary>Where a connection is in its life; it only ever moves down this list.</summary>
internal enum Phase
{
    /// <summary>Nothing but a CONNECT may come.</summary>
    AwaitingConnect,

    /// <summary>The CONNECT came; the authenticator is thinking, and nothing is read.</summary>
    Authenticating,

    /// <summary>The CONNECT came; the client has to send an AUTH.</summary>
    AwaitingAuth,

    /// <summary>CONNACK said yes.</summary>
    Connected,

    /// <summary>What is written is still sent, then the transport hangs up.</summary>
    Closing,

    /// <summary>The transport is gone.</summary>
    Gone,
}
