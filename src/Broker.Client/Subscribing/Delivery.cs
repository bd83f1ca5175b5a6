using System.Text;
using MQTTnet.Packets;

namespace Broker.Client.Subscribing;

/// <summary>A message on its way to one subscription. Thread-safe.</summary>
internal sealed class Delivery(MqttPublishPacket packet, Receipt? receipt, DateTimeOffset receivedAt)
{
    private int _isComplete;

    public string Topic => packet.Topic;

    public ReadOnlyMemory<byte> Payload { get; } = packet.Payload.IsSingleSegment ? packet.Payload.First : System.Buffers.BuffersExtensions.ToArray(packet.Payload);

    public QualityOfService Qos => (QualityOfService)packet.QualityOfServiceLevel;

    public bool Retain => packet.Retain;

    public bool Duplicate => packet.Dup;

    public string? ContentType => packet.ContentType;

    public string? ResponseTopic => packet.ResponseTopic;

    public ReadOnlyMemory<byte> CorrelationData => packet.CorrelationData;

    public DateTimeOffset ReceivedAt => receivedAt;

    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; } = packet.UserProperties is { Count: > 0 } properties
        ? properties.ConvertAll(property => new KeyValuePair<string, string>(property.Name, Encoding.UTF8.GetString(property.ValueBuffer.Span)))
        : [];

    /// <summary>A user property's value; null: there is none.</summary>
    public string? Property(string name)
    {
        foreach ((string key, string value) in UserProperties)
        {
            if (key == name) return value;
        }

        return null;
    }

    /// <summary>The subscription has dealt with it. Calling it again does nothing.</summary>
    public void Complete()
    {
        if (Interlocked.Exchange(ref _isComplete, 1) == 0) receipt?.Release();
    }
}
