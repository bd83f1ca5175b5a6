namespace Broker.Client;

/// <summary>The one exception of this library besides those of wrong arguments, cancellation and disposal.</summary>
public class BrokerClientException : Exception
{
    /// <summary>An error.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="message">What happened, to whom, and what to do.</param>
    /// <param name="isTransient">Whether trying again may help.</param>
    /// <param name="reasonCode">The broker's reason code (MQTT 5, 2.4); null where it gave none.</param>
    /// <param name="innerException">What lies beneath.</param>
    public BrokerClientException(BrokerClientError error, string message, bool isTransient = false, byte? reasonCode = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        IsTransient = isTransient;
        ReasonCode = reasonCode;
    }

    /// <summary>What went wrong.</summary>
    public BrokerClientError Error { get; }

    /// <summary>Whether the same call may succeed later without anything being changed.</summary>
    public bool IsTransient { get; }

    /// <summary>The broker's reason code (MQTT 5, 2.4); null where it gave none.</summary>
    public byte? ReasonCode { get; }
}
