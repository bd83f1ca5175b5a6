namespace Broker.Core.Limits;

/// <summary>What the broker does without because it has too much to do.</summary>
public enum OverloadLevel
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>New connections are refused but for the privileged, HTTP answers 503, and <c>$SYS</c> stands still.</summary>
    Soft,

    /// <summary>Publications at QoS 0 are dropped, too.</summary>
    Hard,
}
