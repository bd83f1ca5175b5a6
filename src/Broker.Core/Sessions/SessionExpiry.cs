using Broker.Core.Limits;

namespace Broker.Core.Sessions;

/// <summary>Session Expiry Intervals as MQTT counts them.</summary>
internal static class SessionExpiry
{
    /// <summary>How long a session is kept that asks for <paramref name="seconds"/> (0xFFFFFFFF: for ever), within the limit.</summary>
    public static TimeSpan Within(uint seconds, BrokerLimits limits)
    {
        TimeSpan asked = TimeSpan.FromSeconds(seconds);
        return asked < limits.SessionExpiry ? asked : limits.SessionExpiry;
    }
}
