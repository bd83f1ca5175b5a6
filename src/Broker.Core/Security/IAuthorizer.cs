namespace Broker.Core.Security;

/// <summary>Decides who may do what. Asked at every entry and at every exit; called on the data path, so it must not block.</summary>
public interface IAuthorizer
{
    /// <summary>Whether <paramref name="principal"/> may do <paramref name="action"/> on a topic.</summary>
    /// <param name="principal">Who asks; for <see cref="AccessAction.Receive"/> the receiver.</param>
    /// <param name="action">What it wants to do.</param>
    /// <param name="topic">
    /// The topic name in UTF-8; for <see cref="AccessAction.Subscribe"/> the topic filter without <c>$share/group/</c>.
    /// </param>
    bool IsAllowed(Principal principal, AccessAction action, ReadOnlySpan<byte> topic);
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
