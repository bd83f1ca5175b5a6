using Broker.Core.Protocol;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>What holds in MQTT 3.1.1 and in MQTT 5.</summary>
public sealed class BothVersions() : TheoryData<ProtocolVersion>(ProtocolVersion.V311, ProtocolVersion.V5);
