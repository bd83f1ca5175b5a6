namespace Broker.Core.ChangeDetection;

/// <summary>A topic whose value was removed.</summary>
/// <param name="Topic">Its name in UTF-8.</param>
/// <param name="Number">The place of the removal among the changes of all topics.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
internal readonly record struct RemovedTopic(byte[] Topic, long Number, long At);
