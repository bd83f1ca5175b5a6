using Broker.Core.Limits;
using Broker.Host.Endpoints;

namespace Broker.Host.Reloading;

/// <summary>What the process and the machine allow, whatever the configuration says: descriptors for connections, and memory.</summary>
/// <param name="Descriptors">How many descriptors the process may have; null where that is not known.</param>
/// <param name="Open">How many it had at the start.</param>
/// <param name="HasHttp">Whether some are for HTTP.</param>
/// <param name="MachineBytes">The memory of the machine or the container.</param>
internal sealed record LimitCeiling(long? Descriptors, int Open, bool HasHttp, long MachineBytes)
{
    private const double MemoryShare = 0.75;

    /// <summary>The limits of the core.</summary>
    public BrokerLimits Of(BrokerLimits configured) => configured with
    {
        Connections = DescriptorLimit.Share(Descriptors, Open, configured.Connections, HasHttp).Mqtt,
        MemoryBytes = configured.MemoryBytes > 0 ? configured.MemoryBytes : (long)(MachineBytes * MemoryShare),
    };
}
