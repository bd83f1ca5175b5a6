namespace Broker.Client;

/// <summary>
/// How long the client waits before it tries again: a random time between nothing and a bound that doubles with every failed attempt
/// (full jitter), so that many clients do not come back at the same moment.
/// </summary>
public sealed class ReconnectOptions
{
    /// <summary>The bound of the first wait, 1 ms and more; 250 ms unless set.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The bound that it grows to; 30 s unless set.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);
}
