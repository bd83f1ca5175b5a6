using Broker.Core.Security;
using Broker.Core.Telemetry;
using Broker.Core.Time;

namespace Broker.Core.Limits;

/// <summary>One kind of who shares a budget: clients, principals, addresses, endpoints or tenants; and the budgets of those that are there.</summary>
/// <remarks>Threading: any thread; its gate is a leaf, and taken at connects and disconnects only.</remarks>
internal sealed class BudgetScope(string name, string key, BrokerMetrics metrics, IAudit audit, BrokerClock clock)
{
    // Those whose rates are not paid for are remembered without a connection; past so many, nobody is remembered who has none.
    private const int MostRemembered = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Budget> _budgets = new(StringComparer.Ordinal);

    /// <summary>The word that the counter has for it, e.g. <c>address</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The key of its section, e.g. <c>Limits:PerAddress</c>.</summary>
    public string Key { get; } = key;

    /// <summary>How many are remembered.</summary>
    public int Count
    {
        get { lock (_gate) return _budgets.Count; }
    }

    /// <summary>The budget of somebody, held once more; null where nothing is bounded.</summary>
    /// <param name="who">Who it is, e.g. an address.</param>
    /// <param name="bounds">What they may have.</param>
    public Budget? Rent(string who, TenantLimits? bounds)
    {
        if (bounds is null || bounds == Budget.Unbounded) return null;
        lock (_gate)
        {
            if (!_budgets.TryGetValue(who, out Budget? budget))
            {
                if (_budgets.Count >= MostRemembered) Forget();
                _budgets.Add(who, budget = new Budget(this, who));
            }

            budget.Bounds = bounds;
            budget.Holders++;
            return budget;
        }
    }

    /// <summary>Other bounds are in force.</summary>
    /// <param name="boundsOf">What somebody may use now; null for everything.</param>
    public void Use(Func<string, TenantLimits?> boundsOf)
    {
        lock (_gate)
        {
            foreach ((string who, Budget budget) in _budgets) budget.Bounds = boundsOf(who) ?? Budget.Unbounded;
        }
    }

    /// <summary>One holder less.</summary>
    public void Return(Budget budget)
    {
        if (budget.IsPermanent) return;
        lock (_gate)
        {
            budget.Holders--;
            if (budget.Holders == 0 && budget.IsIdle(clock.Now)) _budgets.Remove(budget.Who);
        }
    }

    /// <summary>Counts that a bound was reached, and tells the audit where that is new.</summary>
    public void Reached(Budget budget, BudgetItem item, bool isNew, AccessSubject? subject)
    {
        metrics.LimitReached(Name, item);
        if (isNew) audit.LimitReached($"{Key}:{item} ({budget.Who})", subject);
    }

    /// <summary>The broker's time.</summary>
    public long Now => clock.Now;

    private void Forget()
    {
        long now = clock.Now;
        foreach ((string who, Budget budget) in _budgets.ToArray())
        {
            if (budget.Holders == 0 && budget.IsIdle(now)) _budgets.Remove(who);
        }

        if (_budgets.Count < MostRemembered) return;
        foreach ((string who, Budget budget) in _budgets.ToArray())
        {
            if (budget.Holders == 0) _budgets.Remove(who); // somebody has as many names as that; remembering them holds him up no longer
        }
    }
}
