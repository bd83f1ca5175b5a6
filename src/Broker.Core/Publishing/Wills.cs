using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Publishing;

/// <summary>Publishes wills when they are due.</summary>
/// <remarks>Threading: any thread; a will is published by the one caller that takes it.</remarks>
internal sealed class Wills(MessageRouter router, Journal? journal = null)
{
    /// <summary>Publishes a will, unless somebody did or discarded it before. Its owner's right is asked for again.</summary>
    public void Publish(Will will, WakeBatch batch)
    {
        if (!will.TryTake()) return;
        Message message = will.Message;
        var publication = new Publication
        {
            Topic = message.Topic,
            Payload = message.Payload,
            Properties = new ForwardedProperties(message.Properties, message.Properties.Length),
            Qos = message.Qos,
            Retain = message.Retain,
            MessageExpiryInterval = will.MessageExpiryInterval, // counts from the moment it is published
            Publisher = will.Owner,
        };
        journal?.Store.BeginGroup(); // published and gone are one atom: a crash neither loses the will nor publishes it twice
        try
        {
            if (will.KeptBy != 0) journal?.WillGone(will.KeptBy, message);
            router.Route(publication, will.Subject, AccessAction.Will, batch, out _);
        }
        finally
        {
            journal?.Store.EndGroup();
            message.Release();
        }
    }

    /// <summary>Publishes a will whose delay is over.</summary>
    public void PublishDue(Will will)
    {
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            Publish(will, batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }
}
