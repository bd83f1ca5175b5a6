namespace Broker.Core.Limits;

/// <summary>How loaded the process is. A plug point of the host; tests say what they want.</summary>
/// <remarks>Threading: one caller, once a second; it must not block.</remarks>
public interface ILoadMeter
{
    /// <summary>Looks.</summary>
    Load Read();
}

/// <summary>The load of one moment.</summary>
/// <param name="MemoryBytes">The memory that the process has from the machine.</param>
/// <param name="Lag">How late work that was due came to run at the worst, since the last look.</param>
public readonly record struct Load(long MemoryBytes, TimeSpan Lag);
