using Broker.Core.Protocol;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Theory data: every protocol version that the broker speaks.</summary>
public sealed class AllVersions : TheoryData<ProtocolVersion>
{
    public AllVersions()
    {
        Add(ProtocolVersion.V31);
        Add(ProtocolVersion.V311);
        Add(ProtocolVersion.V5);
    }
}
