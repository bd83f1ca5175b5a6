using System.Text;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Tests.Messages;

/// <summary>Messages for tests, and the pool that knows whether all came back.</summary>
internal sealed class TestMessages
{
    public MessagePool Pool { get; } = new();

    /// <summary>A message whose one reference belongs to the caller.</summary>
    public Message Create(string payload, QualityOfService qos = QualityOfService.AtLeastOnce, uint? expiry = null, string topic = "a", long now = 0) =>
        Pool.Create(
            new Publication
            {
                Topic = Encoding.UTF8.GetBytes(topic),
                Payload = Encoding.UTF8.GetBytes(payload),
                Qos = qos,
                MessageExpiryInterval = expiry,
                Publisher = PublisherIdentity.Broker,
            },
            now);

    public static string TextOf(Message message) => Encoding.UTF8.GetString(message.Payload);
}
