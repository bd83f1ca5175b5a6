namespace Broker.Core.Topics;

/// <summary>A branch that a walk through a <see cref="SubscriptionTree{T}"/> has yet to take.</summary>
/// <param name="Node">The node.</param>
/// <param name="Depth">How many levels of the topic lead to it.</param>
internal readonly record struct TreeBranch(int Node, int Depth);
