using Broker.Core.Protocol;

namespace Broker.Core.Security;

/// <summary>What an <see cref="IAuthorizer"/> is asked.</summary>
public readonly ref struct AccessRequest
{
    /// <summary>Who asks; for <see cref="AccessAction.Receive"/> the receiver.</summary>
    public required AccessSubject Subject { get; init; }

    /// <summary>What it wants to do.</summary>
    public required AccessAction Action { get; init; }

    /// <summary>
    /// The topic name in UTF-8; for <see cref="AccessAction.Subscribe"/> the topic filter without <c>$share/group/</c> and
    /// <c>$changes/</c>.
    /// </summary>
    public required ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>
    /// The name of the shared group that it subscribes in, or that a message comes through, in UTF-8; empty if there is none.
    /// </summary>
    public ReadOnlySpan<byte> ShareName { get; init; }

    /// <summary>The QoS of the publication, of the subscription, or of the message as it would be sent.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>The RETAIN flag of the publication, or of the message as it would be sent.</summary>
    public bool Retain { get; init; }
}
