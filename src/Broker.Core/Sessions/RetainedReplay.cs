using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// The retained messages that a new subscription is owed, sent as the client takes them: they never count against its queue.
/// A message that was replaced meanwhile is skipped, because the newer one came as a live message.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session; each message in it is a reference.</remarks>
internal sealed class RetainedReplay(Subscription subscription, Message[] messages)
{
    private int _next;

    /// <summary>Whose messages these are.</summary>
    public Subscription Subscription { get; } = subscription;

    /// <summary>Whether nothing is left.</summary>
    public bool IsFinished => _next >= messages.Length;

    /// <summary>
    /// Takes the next message. False if nothing is left, or if it needs a place in the window and there is none.
    /// </summary>
    public bool TryTake(bool windowOpen, long now, out Delivery delivery)
    {
        (SubscriptionOptions options, int identifier) = Subscription.Current;
        for (; _next < messages.Length; _next++)
        {
            Message message = messages[_next];
            if (message.IsSuperseded || message.HasExpired(now) || IsOwn(message, options))
            {
                message.Release();
                continue;
            }

            QualityOfService qos = message.Qos < options.Qos ? message.Qos : options.Qos;
            if (qos != QualityOfService.AtMostOnce && !windowOpen) break;
            _next++;
            delivery = new Delivery(message, qos, retain: true, identifier); // [MQTT-3.3.1-8]
            return true;
        }

        delivery = default;
        return false;
    }

    /// <summary>Releases what is left.</summary>
    public void Dispose()
    {
        while (_next < messages.Length) messages[_next++].Release();
    }

    private bool IsOwn(Message message, SubscriptionOptions options) =>
        options.NoLocal && message.Publisher.ClientId.Length > 0 && message.Publisher.ClientId == Subscription.Session.Identity.ClientId;
}
