namespace Broker.Core.Sessions;

/// <summary>How soon a session could send one more message; a shared group asks its members in this order.</summary>
internal enum Readiness
{
    /// <summary>Connected, nothing waits.</summary>
    Ready,

    /// <summary>Connected, but its window is full or messages wait.</summary>
    Busy,

    /// <summary>Not connected; QoS 1 and 2 are kept for it.</summary>
    Absent,

    /// <summary>Over.</summary>
    Ended,
}
