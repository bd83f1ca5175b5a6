namespace Broker.Core.Polling;

/// <summary>The answer to a request.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Response">The first response, for <see cref="PollStatus.Ok"/>; the caller disposes it.</param>
public readonly record struct ResponseResult(PollStatus Status, MessageLease? Response);
