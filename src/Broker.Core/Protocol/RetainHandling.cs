namespace Broker.Core.Protocol;

/// <summary>Whether retained messages are sent when a subscription is made (MQTT 5, section 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    /// <summary>Send them at every SUBSCRIBE.</summary>
    Send = 0,

    /// <summary>Send them only when the subscription did not exist before.</summary>
    SendIfNew = 1,

    /// <summary>Do not send them.</summary>
    DoNotSend = 2,
}
