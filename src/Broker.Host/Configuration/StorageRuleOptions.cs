using Broker.Core.Storage;

namespace Broker.Host.Configuration;

/// <summary>What is promised for some topics: <c>Broker:Storage:Rules:&lt;Name&gt;</c>.</summary>
internal sealed record StorageRuleOptions
{
    /// <summary>The topics, as a topic filter.</summary>
    public string Filter { get; init; } = "";

    /// <summary>What PUBACK and PUBREC promise for them.</summary>
    public AckLevel? Ack { get; init; }
}
