using System.Diagnostics;
using Broker.Client.Subscribing;

namespace Broker.Client;

/// <summary>A message that arrived. Thread-safe.</summary>
/// <typeparam name="T">What its payload was read as.</typeparam>
public sealed class Message<T>
{
    private readonly Delivery _delivery;

    internal Message(Delivery delivery, T value)
    {
        _delivery = delivery;
        Value = value;
    }

    /// <summary>The topic that it was published to.</summary>
    public string Topic => _delivery.Topic;

    /// <summary>The payload as <typeparamref name="T"/>.</summary>
    public T Value { get; }

    /// <summary>The payload as it came.</summary>
    public ReadOnlyMemory<byte> Payload => _delivery.Payload;

    /// <summary>How it was delivered.</summary>
    public QualityOfService Qos => _delivery.Qos;

    /// <summary>Whether this is the topic's retained value, delivered because of the subscription, rather than a new publication.</summary>
    public bool Retain => _delivery.Retain;

    /// <summary>Whether the broker sends it again, because it was not acknowledged before.</summary>
    public bool Redelivered => _delivery.Duplicate;

    /// <summary>What the publisher says that the payload is; null: nothing.</summary>
    public string? ContentType => _delivery.ContentType;

    /// <summary>Where the publisher expects an answer; null: nowhere.</summary>
    public string? ResponseTopic => _delivery.ResponseTopic;

    /// <summary>What an answer has to repeat.</summary>
    public ReadOnlyMemory<byte> CorrelationData => _delivery.CorrelationData;

    /// <summary>The publisher's own properties.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties => _delivery.UserProperties;

    /// <summary>The publisher's trace, for an activity of the application's own around the work on this message; the default where there is none.</summary>
    public ActivityContext TraceContext => ActivityContext.TryParse(_delivery.Property("traceparent"), null, isRemote: true, out ActivityContext context) ? context : default;

    /// <summary>When it arrived here.</summary>
    public DateTimeOffset ReceivedAt => _delivery.ReceivedAt;

    /// <summary>
    /// Says now that it is dealt with, rather than when the loop takes the next message. Only needed by who leaves a loop in the middle. Calling it again does nothing.
    /// </summary>
    public void Acknowledge() => _delivery.Complete();
}
