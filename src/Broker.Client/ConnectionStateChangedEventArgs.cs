namespace Broker.Client;

/// <summary>A change of <see cref="BrokerClient.State"/>.</summary>
public sealed class ConnectionStateChangedEventArgs : EventArgs
{
    internal ConnectionStateChangedEventArgs(ConnectionState state, bool sessionPresent, BrokerClientException? cause)
    {
        State = state;
        SessionPresent = sessionPresent;
        Cause = cause;
    }

    /// <summary>The new state.</summary>
    public ConnectionState State { get; }

    /// <summary>With <see cref="ConnectionState.Connected"/>: whether the broker still had the session, so that nothing was missed at QoS 1 and 2.</summary>
    public bool SessionPresent { get; }

    /// <summary>Why the connection ended or was refused; null where it was asked for.</summary>
    public BrokerClientException? Cause { get; }
}
