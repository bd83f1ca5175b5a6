namespace Broker.Core.Connections;

/// <summary>What a transport does after <see cref="ClientConnection.Drain"/> filled its buffer.</summary>
public enum DrainStatus
{
    /// <summary>Send what was written; nothing more waits.</summary>
    Empty,

    /// <summary>Send what was written and call again.</summary>
    More,

    /// <summary>Send what was written, then hang up.</summary>
    Close,
}
