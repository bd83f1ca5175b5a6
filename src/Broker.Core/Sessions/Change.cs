using Broker.Core.ChangeDetection;
using Broker.Core.Messages;

namespace Broker.Core.Sessions;

/// <summary>A publication as change-only subscribers see it.</summary>
/// <param name="Topic">What is known of its topic.</param>
/// <param name="Message">The message.</param>
/// <param name="Previous">The topic's value before, if this one changed it; null if it is not known.</param>
/// <param name="IsChanged">Whether the topic's value changed, and the rules for the topic, if there are any, let it pass.</param>
internal readonly record struct Change(TopicState Topic, Message Message, Message? Previous, bool IsChanged);
