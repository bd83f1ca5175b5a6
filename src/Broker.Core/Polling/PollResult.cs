namespace Broker.Core.Polling;

/// <summary>The answer to a poll of one topic.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Value">
/// The value, for <see cref="PollStatus.Ok"/> and <see cref="PollStatus.NotModified"/>; the caller disposes it.
/// </param>
public readonly record struct PollResult(PollStatus Status, TopicValue? Value);
