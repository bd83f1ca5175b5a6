using Broker.Core.ChangeDetection;

namespace Broker.Core.Sessions;

/// <summary>
/// Who gets the publications of one topic, as of one version of the subscriptions: shared by all publishers and never
/// changed.
/// </summary>
/// <param name="individuals">Ordinary subscriptions; those of one session stand side by side.</param>
/// <param name="groups">Shared subscriptions.</param>
/// <param name="version">The version of the tree that it was made from.</param>
internal sealed class RouteTargets(Subscription[] individuals, SharedGroup[] groups, long version)
{
    /// <summary>Ordinary subscriptions; those of one session stand side by side.</summary>
    public readonly Subscription[] Individuals = individuals;

    /// <summary>Shared subscriptions.</summary>
    public readonly SharedGroup[] Groups = groups;

    /// <summary>The version of the tree that it was made from.</summary>
    public readonly long Version = version;

    /// <summary>Whether somebody wants changes only.</summary>
    public readonly bool HasChanges = Array.Exists(individuals, s => s.IsChangeOnly) || Array.Exists(groups, g => g.IsChangeOnly);

    /// <summary>What is known of the topic; looked up anew where it is null or has been forgotten.</summary>
    public TopicState? State;

    /// <summary>Whether nobody subscribed.</summary>
    public bool IsEmpty => Individuals.Length == 0 && Groups.Length == 0;
}
