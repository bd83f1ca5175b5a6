using Broker.Core.Protocol;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What most tests of this chapter run over.</summary>
public static class Versions
{
    private static readonly ProtocolVersion[] _both = [ProtocolVersion.V311, ProtocolVersion.V5];

    public static TheoryData<ProtocolVersion> Both => [.. _both];

    public static MatrixTheoryData<ProtocolVersion, QualityOfService> WithEveryQos =>
        new(_both, [QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce]);

    public static MatrixTheoryData<ProtocolVersion, QualityOfService> WithAcknowledgedQos =>
        new(_both, [QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce]);

    public static TheoryData<QualityOfService> EveryQos =>
        [QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce];

    public static TheoryData<QualityOfService> AcknowledgedQos => [QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce];
}
