namespace Broker.Client;

/// <summary>What went wrong, in one word; <see cref="BrokerClientException.ReasonCode"/> has the broker's own code where it gave one.</summary>
public enum BrokerClientError
{
    /// <summary>No broker could be reached, or the connection broke.</summary>
    ConnectionLost,

    /// <summary>The broker refused the connection or ended it with a reason.</summary>
    ConnectionRefused,

    /// <summary>The broker refused the publication.</summary>
    PublishRefused,

    /// <summary>The broker refused the subscription.</summary>
    SubscribeRefused,

    /// <summary>The message is larger than the broker or the outbound queue takes.</summary>
    TooLarge,

    /// <summary>The outbound queue is full, or dropped this message for a newer one.</summary>
    QueueFull,

    /// <summary>The message expired before it could be sent.</summary>
    Expired,

    /// <summary>No answer came in time.</summary>
    Timeout,

    /// <summary>Nobody answers requests on this topic.</summary>
    NoResponder,

    /// <summary>The responder answered with an error (<see cref="RemoteException"/>).</summary>
    Remote,

    /// <summary>The circuit breaker for this topic is open.</summary>
    CircuitOpen,

    /// <summary>The client was disposed or stopped.</summary>
    Closed,

    /// <summary>The broker cannot do what was asked, e.g. shared subscriptions.</summary>
    NotSupported,

    /// <summary>A payload could not be read as the type that was asked for.</summary>
    BadPayload,

    /// <summary>The file of the outbound queue cannot be used.</summary>
    Storage,
}
