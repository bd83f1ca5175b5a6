namespace Broker.Core.Storage;

/// <summary>What PUBACK and PUBREC promise; a later value promises more.</summary>
public enum AckLevel
{
    /// <summary>The broker holds the message in memory: it is gone with the process.</summary>
    Memory,

    /// <summary>The message was handed to the operating system: it survives the end of the process, not a loss of power.</summary>
    Written,

    /// <summary>The disk has confirmed the message: it survives a loss of power.</summary>
    Fsync,
}
