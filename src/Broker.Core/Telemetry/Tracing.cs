using System.Diagnostics;
using System.Text;
using Broker.Core.Protocol;

namespace Broker.Core.Telemetry;

/// <summary>
/// Spans for those who listen; nobody else pays more than one check. A publication goes on with the trace that its publisher
/// put into the user property <c>traceparent</c> (W3C Trace Context), which travels on to the subscribers as it is.
/// </summary>
internal static class Tracing
{
    /// <summary>A span around one publication's way through the broker; null if nobody listens.</summary>
    /// <param name="clientId">The publisher.</param>
    /// <param name="topic">The topic in UTF-8.</param>
    /// <param name="packet">The publication.</param>
    public static Activity? StartPublish(string clientId, ReadOnlySpan<byte> topic, in PublishPacket packet)
    {
        if (!BrokerMetrics.Activities.HasListeners()) return null;
        ActivityContext.TryParse(TraceParent(packet.Properties), null, isRemote: true, out ActivityContext parent);
        Activity? activity = BrokerMetrics.Activities.StartActivity("publish", ActivityKind.Server, parent);
        activity?.SetTag("messaging.system", "mqtt");
        activity?.SetTag("messaging.destination.name", Encoding.UTF8.GetString(topic));
        activity?.SetTag("messaging.client.id", clientId);
        activity?.SetTag("messaging.message.body.size", packet.Payload.Length);
        activity?.SetTag("mqtt.qos", (int)packet.Qos);
        return activity;
    }

    /// <summary>Notes how it ended; the caller disposes it.</summary>
    public static void Note(Activity? activity, ReasonCode reason)
    {
        if (activity is null) return;
        activity.SetTag("mqtt.reason_code", (int)reason);
        if (reason >= ReasonCode.UnspecifiedError) activity.SetStatus(ActivityStatusCode.Error, reason.ToString());
    }

    private static string? TraceParent(ReadOnlySpan<byte> properties)
    {
        var reader = new PropertyReader(properties);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id != PropertyId.UserProperty) continue;
            PropertyReader.SplitUserProperty(value, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text);
            if (name.SequenceEqual("traceparent"u8)) return Encoding.UTF8.GetString(text);
        }

        return null;
    }
}
