namespace Broker.Core.Security.Access;

/// <summary>A question on its way through the trees, and what was found so far.</summary>
internal ref struct RuleSearch
{
    private readonly AccessRequest _request;
    private readonly AccessActions _covering;
    private readonly bool _wantsFirst;

    /// <summary>Begins a search.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="values">The values of the variables.</param>
    /// <param name="wantsFirst">Whether the first rule of the file is wanted, and not just any that decides.</param>
    public RuleSearch(in AccessRequest request, byte[]?[] values, bool wantsFirst)
    {
        _request = request;
        _covering = Covering(request);
        _wantsFirst = wantsFirst;
        Values = values;
    }

    /// <summary>The values of the variables, in the order of <see cref="AccessVariable"/>.</summary>
    public byte[]?[] Values { get; }

    /// <summary>A rule that allows, or null.</summary>
    public CompiledRule? Allow { get; private set; }

    /// <summary>A rule that denies, or null.</summary>
    public CompiledRule? Deny { get; private set; }

    /// <summary>Whether nothing can change the answer any more.</summary>
    public readonly bool IsOver => Deny is not null && !_wantsFirst;

    /// <summary>The actions that cover a request: a rule for any of them is about it.</summary>
    public static AccessActions Covering(in AccessRequest request)
    {
        AccessActions retain = request.Retain ? AccessActions.Retain : AccessActions.None;
        AccessActions share = request.ShareName.IsEmpty ? AccessActions.None : AccessActions.Share;
        return request.Action switch
        {
            AccessAction.Publish => AccessActions.Publish | retain,
            AccessAction.Will => AccessActions.Publish | AccessActions.Will | retain,
            AccessAction.Subscribe => AccessActions.Subscribe | share,
            _ => AccessActions.Subscribe | AccessActions.Receive | share,
        };
    }

    /// <summary>Forgets which rule allowed, for another topic of the same filter.</summary>
    public void ForgetAllow() => Allow = null;

    /// <summary>Looks at rules whose filter matches.</summary>
    public void Consider(CompiledRule[] rules, bool onlyDenies)
    {
        foreach (CompiledRule rule in rules)
        {
            if (rule.IsDeny ? !IsBetter(rule, Deny) : onlyDenies || !IsBetter(rule, Allow)) continue;
            if (!rule.IsAbout(_request, _covering)) continue;
            if (rule.IsDeny) Deny = rule;
            else Allow = rule;
        }
    }

    private readonly bool IsBetter(CompiledRule rule, CompiledRule? known) => known is null || (_wantsFirst && rule.Order < known.Order);
}
