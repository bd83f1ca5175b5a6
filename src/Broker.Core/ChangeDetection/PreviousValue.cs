using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>The value that a changed one replaced, as far as it is compared with; not known where there was none.</summary>
/// <param name="Value">Its fingerprints, as the rules for the topic take them.</param>
/// <param name="Qos">The QoS it was published with.</param>
internal readonly record struct PreviousValue(SentValue Value, QualityOfService Qos);
