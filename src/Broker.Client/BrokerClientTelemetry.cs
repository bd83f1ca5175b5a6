namespace Broker.Client;

/// <summary>
/// What to listen to: <c>AddSource(BrokerClientTelemetry.Name)</c> for spans, <c>AddMeter(BrokerClientTelemetry.Name)</c> for metrics. Traces cross
/// the broker in the user property <c>traceparent</c> (W3C Trace Context).
/// </summary>
public static class BrokerClientTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Broker.Client";
}
