using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Core.Limits;

/// <summary>The budgets that one connection uses, from its first moment to its end; there is one only where something is bounded.</summary>
/// <remarks>Threading: any thread; what it holds changes under its lock. Owner: the connection, which returns it.</remarks>
internal sealed class ConnectionBudget
{
    private readonly Lock _gate = new();
    private Budget[] _held = [];
    private Budget? _denying;
    private AccessSubject? _subject;
    private bool _isReturned;

    /// <summary>Why the connection is refused as soon as its CONNECT says how; <see cref="ReasonCode.Success"/> otherwise.</summary>
    public ReasonCode Denial { get; private set; }

    /// <summary>Whether it has a budget.</summary>
    public bool Has(Budget budget) => Array.IndexOf(_held, budget) >= 0;

    /// <summary>Counts the connection in a budget; otherwise says why it is too much.</summary>
    /// <param name="budget">The budget, rented for this connection.</param>
    /// <param name="subject">Whose connection it is, as far as that is known.</param>
    /// <param name="replaces">Whether it takes the place of one that is counted.</param>
    public ReasonCode TryEnter(Budget budget, AccessSubject? subject, bool replaces = false)
    {
        if (!budget.TryConnect(subject))
        {
            budget.Return();
            return ReasonCode.ConnectionRateExceeded;
        }

        if (replaces) budget.Use(BudgetItem.Connections, 1);
        else if (!budget.TryUse(BudgetItem.Connections, 1, subject))
        {
            budget.Return();
            return ReasonCode.QuotaExceeded;
        }

        Hold(budget);
        return ReasonCode.Success;
    }

    /// <summary>Counts the connection in a budget that there was none of when it came.</summary>
    public void Adopt(Budget budget)
    {
        budget.Use(BudgetItem.Connections, 1);
        Hold(budget);
    }

    /// <summary>It is refused, once its CONNECT is there; false if too many wait for that already.</summary>
    public bool TryDeny(Budget budget, ReasonCode denial)
    {
        if (!TrySuspect(budget)) return false;
        Denial = denial;
        return true;
    }

    /// <summary>It is refused, unless its CONNECT shows that it is privileged; false if too many wait to show that already.</summary>
    public bool TrySuspect(Budget budget)
    {
        if (!budget.TryHoldDenied()) return false;
        _denying = budget;
        return true;
    }

    /// <summary>It showed that it is privileged: its place among those who wait is free.</summary>
    public void Pardon() => Interlocked.Exchange(ref _denying, null)?.ReleaseDenied();

    /// <summary>Whose connection it is.</summary>
    public void Belongs(AccessSubject subject) => _subject = subject;

    /// <summary>Charges what was read; returns for how many milliseconds nothing more should be.</summary>
    public long Charge(int messages, int bytes)
    {
        long wait = 0;
        foreach (Budget budget in Volatile.Read(ref _held)) wait = Math.Max(wait, budget.Charge(messages, bytes, _subject));
        return wait;
    }

    /// <summary>The connection is over.</summary>
    public void Return()
    {
        Budget[] held;
        lock (_gate)
        {
            if (_isReturned) return;
            _isReturned = true;
            held = _held;
        }

        Pardon();
        foreach (Budget budget in held) Release(budget);
    }

    private void Hold(Budget budget)
    {
        lock (_gate)
        {
            if (!_isReturned)
            {
                Volatile.Write(ref _held, [.. _held, budget]);
                return;
            }
        }

        Release(budget);
    }

    private static void Release(Budget budget)
    {
        budget.Use(BudgetItem.Connections, -1);
        budget.Return();
    }
}
