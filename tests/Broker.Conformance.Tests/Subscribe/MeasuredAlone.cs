using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>Tests that measure the memory of the process, and so run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}
