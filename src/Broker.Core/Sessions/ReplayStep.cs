using Broker.Core.ChangeDetection;

namespace Broker.Core.Sessions;

/// <summary>What a replay hands out next.</summary>
/// <param name="Delivery">The message, with its reference.</param>
/// <param name="Topic">The topic's state, if this is its last value; null for a retained message.</param>
/// <param name="IsSettled">Of a last value: whether those who share the topic's rules have it.</param>
/// <param name="IsSkipped">Of a last value: that it is not to be sent (it has expired, or is the client's own), which leaves the subscriber without it.</param>
internal readonly record struct ReplayStep(Delivery Delivery, TopicState? Topic = null, bool IsSettled = true, bool IsSkipped = false);
