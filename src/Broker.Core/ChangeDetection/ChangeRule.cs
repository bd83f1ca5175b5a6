using Broker.Core.Topics;

namespace Broker.Core.ChangeDetection;

/// <summary>An operator's rule: the topics that a filter matches are change-only for all subscribers.</summary>
/// <param name="name">Its name in the configuration.</param>
/// <param name="filter">The topic filter in UTF-8, checked.</param>
/// <param name="options">What counts as a change.</param>
/// <param name="isStored">Whether the values outlive the process, where there is a store.</param>
public sealed class ChangeRule(string name, byte[] filter, ChangeOptions options, bool isStored = false)
{
    /// <summary>Its name in the configuration.</summary>
    public string Name { get; } = name;

    /// <summary>What counts as a change.</summary>
    public ChangeOptions Options { get; } = options;

    /// <summary>Whether the values outlive the process, where there is a store.</summary>
    public bool IsStored { get; } = isStored;

    /// <summary>Its counters.</summary>
    internal ChangeCounters Counters { get; private set; } = new();

    /// <summary>It takes the place of a rule of the same name, and goes on counting where that one was.</summary>
    internal void Succeed(ChangeRule before) => Counters = before.Counters;

    /// <summary>Whether it is for this topic.</summary>
    internal bool Matches(ReadOnlySpan<byte> topic) => TopicFilter.Matches(filter, topic);
}
