namespace Broker.Client;

/// <summary>Where a <see cref="BrokerClient"/> stands.</summary>
public enum ConnectionState
{
    /// <summary>Never connected, or disconnected on purpose.</summary>
    Disconnected,

    /// <summary>Trying; the client goes on by itself. Publications wait in the outbound queue.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Connected,

    /// <summary>The broker refused for a reason that trying again does not change; <see cref="BrokerClient.ConnectAsync(CancellationToken)"/> tries again.</summary>
    Failed,
}
