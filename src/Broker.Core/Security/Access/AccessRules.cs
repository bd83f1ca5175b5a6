namespace Broker.Core.Security.Access;

/// <summary>
/// All access rules at one moment: who has which roles, and what these allow and deny. Nothing is allowed that no rule allows; what a rule
/// denies is denied, whatever others say; the order does not matter.
/// </summary>
/// <remarks>Immutable; any thread.</remarks>
public sealed class AccessRules
{
    private readonly (AccessGrant Grant, RuleTree[] Trees)[] _general;
    private readonly Dictionary<string, List<(AccessGrant Grant, RuleTree[] Trees)>> _byName = new(StringComparer.Ordinal);

    /// <summary>Prepares rules for evaluation.</summary>
    /// <param name="grants">Who has which roles. Their filters are valid topic filters, apart from the variables.</param>
    public AccessRules(IReadOnlyList<AccessGrant> grants)
    {
        ArgumentNullException.ThrowIfNull(grants);
        Grants = grants;
        var trees = new Dictionary<AccessRole, RuleTree>(ReferenceEqualityComparer.Instance);
        int order = 0;
        foreach (AccessRole role in grants.SelectMany(grant => grant.Roles))
        {
            if (!trees.ContainsKey(role)) trees.Add(role, new RuleTree([.. role.Rules.Select(rule => new CompiledRule(rule, order++))]));
        }

        RuleCount = order;
        List<(AccessGrant, RuleTree[])> general = [];
        foreach (AccessGrant grant in grants)
        {
            (AccessGrant, RuleTree[]) entry = (grant, [.. grant.Roles.Select(role => trees[role])]);
            if (grant.Who != AccessWho.User) general.Add(entry);
            else if (_byName.TryGetValue(grant.Name, out List<(AccessGrant, RuleTree[])>? named)) named.Add(entry);
            else _byName.Add(grant.Name, [entry]);
        }

        _general = [.. general];
    }

    /// <summary>Rules that allow nobody anything.</summary>
    public static AccessRules Nothing { get; } = new([]);

    /// <summary>Who has which roles.</summary>
    public IReadOnlyList<AccessGrant> Grants { get; }

    /// <summary>How many rules somebody has.</summary>
    public int RuleCount { get; }

    /// <summary>Whether a request is allowed.</summary>
    public bool IsAllowed(in AccessRequest request) => ViewOf(request.Subject).IsAllowed(request);

    /// <summary>Whether a request is allowed, and by which rule.</summary>
    public AccessDecision Explain(in AccessRequest request) => ViewOf(request.Subject).Explain(request);

    private AccessView ViewOf(AccessSubject subject)
    {
        if (subject.Memory is AccessView known && known.Rules == this) return known;
        List<(RuleTree, bool)> trees = [];
        foreach ((AccessGrant grant, RuleTree[] roles) in _general) Add(grant, roles, subject, trees);
        if (_byName.TryGetValue(subject.Principal.Name, out List<(AccessGrant Grant, RuleTree[] Trees)>? named))
        {
            foreach ((AccessGrant grant, RuleTree[] roles) in named) Add(grant, roles, subject, trees);
        }

        var view = new AccessView(this, [.. trees.Distinct()], subject);
        subject.Memory = view;
        return view;
    }

    private static void Add(AccessGrant grant, RuleTree[] roles, AccessSubject subject, List<(RuleTree, bool)> trees)
    {
        if (!grant.IsAbout(subject.Principal)) return;
        bool? covers = grant.Conditions.Cover(subject.Connection);
        if (covers == false) return;
        foreach (RuleTree tree in roles) trees.Add((tree, covers is null)); // unknown: what its roles deny is denied
    }
}
