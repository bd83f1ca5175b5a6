namespace Broker.Core.Security.Access;

/// <summary>What the rules come down to for one subject: its roles, its variables, and what was decided for it before.</summary>
/// <remarks>Threading: any thread. It belongs to one set of rules; with others the subject gets another view.</remarks>
internal sealed class AccessView
{
    private readonly (RuleTree Tree, bool OnlyDenies)[] _trees;
    private readonly byte[]?[] _values;
    private readonly DecisionMemory _memory = new();
    private readonly int _depth;

    /// <summary>Looks at a subject through rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="trees">The trees of its roles; of some only what they deny.</param>
    /// <param name="subject">The subject.</param>
    public AccessView(AccessRules rules, (RuleTree Tree, bool OnlyDenies)[] trees, AccessSubject subject)
    {
        Rules = rules;
        _trees = trees;
        _values = AccessVariables.ValuesFor(subject);
        foreach ((RuleTree tree, bool _) in trees) _depth = Math.Max(_depth, tree.Depth);
    }

    /// <summary>The rules that it belongs to.</summary>
    public AccessRules Rules { get; }

    /// <summary>Answers a request, from memory if it was asked before.</summary>
    public bool IsAllowed(in AccessRequest request)
    {
        bool isRemembered = request.Action != AccessAction.Subscribe && request.ShareName.IsEmpty;
        if (!isRemembered) return Decide(request, wantsFirst: false, out _).IsAllowed;
        int kind = (int)request.Action | ((int)request.Qos << 2) | (request.Retain ? 16 : 0);
        uint hash = DecisionMemory.Hash(request.Topic, kind);
        if (_memory.TryGet(request.Topic, kind, hash, out bool isAllowed)) return isAllowed;
        isAllowed = Decide(request, wantsFirst: false, out _).IsAllowed;
        _memory.Add(request.Topic, kind, hash, isAllowed);
        return isAllowed;
    }

    /// <summary>Answers a request, and says by which rule.</summary>
    public AccessDecision Explain(in AccessRequest request)
    {
        Outcome outcome = Decide(request, wantsFirst: true, out string? uncovered);
        return new AccessDecision(outcome.IsAllowed, outcome.Rule?.Rule, uncovered);
    }

    private Outcome Decide(in AccessRequest request, bool wantsFirst, out string? uncovered)
    {
        var search = new RuleSearch(request, _values, wantsFirst);
        if (request.Action == AccessAction.Subscribe) return DecideFilter(request, ref search, wantsFirst, out uncovered);
        uncovered = null;
        Span<int> starts = stackalloc int[Topics.TopicName.LevelCount(request.Topic) + 1];
        Search(new TopicLevels(request.Topic, starts), ref search);
        return new Outcome(search);
    }

    /// <summary>
    /// A subscription is denied if some topic of its filter is, and allowed if every topic of it is: each of those is like one of the
    /// few that are looked at here, with levels in the places of the wildcards that no rule names.
    /// </summary>
    private Outcome DecideFilter(in AccessRequest request, ref RuleSearch search, bool wantsFirst, out string? uncovered)
    {
        uncovered = null;
        AccessActions covering = RuleSearch.Covering(request);
        CompiledRule? deny = null;
        foreach ((RuleTree tree, bool _) in _trees)
        {
            foreach (CompiledRule rule in tree.Denies)
            {
                bool isFirst = deny is null || rule.Order < deny.Order;
                if (isFirst && rule.IsAbout(request, covering) && rule.Intersects(request.Topic, _values)) deny = rule;
                if (deny is not null && !wantsFirst) return new Outcome(false, deny);
            }
        }

        if (deny is not null) return new Outcome(false, deny);
        ReadOnlySpan<byte> named = request.Topic;
        bool hasHash = named[^1] == Topics.TopicName.MultiLevelWildcard;
        if (hasHash) named = named[..^Math.Min(2, named.Length)]; // "/#", or "#" alone
        int levels = hasHash && named.IsEmpty && request.Topic.Length == 1 ? 0 : Topics.TopicName.LevelCount(named);
        Span<int> starts = stackalloc int[levels + 1];
        int least = hasHash && levels == 0 ? 1 : 0;
        int most = hasHash ? Math.Max(0, _depth - levels) + 1 : 0; // beyond the deepest filter only those with # match, and then all
        CompiledRule? allow = null;
        for (int more = least; more <= most; more++)
        {
            search.ForgetAllow();
            var topic = new TopicLevels(named, starts, isFilter: true, more);
            Search(topic, ref search);
            if (search.Allow is null)
            {
                if (wantsFirst) uncovered = Describe(topic);
                return new Outcome(false, null);
            }

            allow ??= search.Allow;
        }

        return new Outcome(true, allow);
    }

    private void Search(scoped TopicLevels topic, ref RuleSearch search)
    {
        foreach ((RuleTree tree, bool onlyDenies) in _trees)
        {
            tree.Search(topic, ref search, onlyDenies);
            if (search.IsOver) return;
        }
    }

    private static string Describe(in TopicLevels topic)
    {
        var levels = new string[topic.Count];
        for (int i = 0; i < levels.Length; i++) levels[i] = topic.TryGet(i, out ReadOnlySpan<byte> level) ? System.Text.Encoding.UTF8.GetString(level) : "?";
        return string.Join('/', levels);
    }

    private readonly struct Outcome(bool isAllowed, CompiledRule? rule)
    {
        public Outcome(in RuleSearch search)
            : this(search.Deny is null && search.Allow is not null, search.Deny ?? search.Allow)
        {
        }

        public bool IsAllowed { get; } = isAllowed;

        public CompiledRule? Rule { get; } = rule;
    }
}
