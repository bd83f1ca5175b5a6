namespace Broker.Core.Connections;

/// <summary>What a transport does after it handed bytes to <see cref="ClientConnection.Receive"/>.</summary>
public enum ReceiveStatus
{
    /// <summary>Go on reading.</summary>
    Continue,

    /// <summary>Stop reading until <see cref="ITransport.ResumeReceive"/>.</summary>
    Pause,

    /// <summary>Stop reading for good; send what <see cref="ClientConnection.Drain"/> still has, then hang up.</summary>
    Closed,
}
