namespace Broker.Core.Security;

/// <summary>Decides who may do what. Asked at every entry and at every exit; called on the data path, so it must not block.</summary>
public interface IAuthorizer
{
    /// <summary>Whether a subject may do what it asks for. An exception counts as no.</summary>
    /// <param name="request">Who wants what; valid during the call.</param>
    bool IsAllowed(in AccessRequest request);
}

/// <summary>What a right is asked for.</summary>
public enum AccessAction
{
    /// <summary>A client publishes.</summary>
    Publish,

    /// <summary>A client leaves a will at CONNECT, and again when the will is published.</summary>
    Will,

    /// <summary>A client subscribes to a filter.</summary>
    Subscribe,

    /// <summary>A message is about to be sent to a client: live, retained, queued or shared.</summary>
    Receive,
}
