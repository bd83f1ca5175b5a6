using Xunit;

namespace Broker.Core.Tests.Topics;

/// <summary>Tests that measure the heap: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(HeapMeasurement), DisableParallelization = true)]
public sealed class HeapMeasurement;
