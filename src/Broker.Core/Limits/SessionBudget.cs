using Broker.Core.Security;

namespace Broker.Core.Limits;

/// <summary>The budgets that a session uses, connected or not: its principal's and its tenant's.</summary>
/// <param name="Principal">The principal's; null where nothing of it is bounded.</param>
/// <param name="Tenant">The tenant's; null for none.</param>
internal sealed record SessionBudget(Budget? Principal, Budget? Tenant)
{
    /// <summary>Uses more of something, if both bounds allow it.</summary>
    public bool TryUse(BudgetItem item, long amount, AccessSubject? subject)
    {
        if (Principal?.TryUse(item, amount, subject) == false) return false;
        if (Tenant?.TryUse(item, amount, subject) != false) return true;
        Principal?.Use(item, -amount);
        return false;
    }

    /// <summary>Uses more or less of something, whatever the bounds are.</summary>
    public void Use(BudgetItem item, long amount)
    {
        Principal?.Use(item, amount);
        Tenant?.Use(item, amount);
    }

    /// <summary>Whether so much more of something would be within both bounds; counts where it is not.</summary>
    public bool HasRoom(BudgetItem item, long amount, AccessSubject? subject) => HasRoom(Principal, item, amount, subject) && HasRoom(Tenant, item, amount, subject);

    private static bool HasRoom(Budget? budget, BudgetItem item, long amount, AccessSubject? subject)
    {
        if (budget is null || budget.HasRoom(item, amount)) return true;
        budget.Reached(item, subject);
        return false;
    }
}
