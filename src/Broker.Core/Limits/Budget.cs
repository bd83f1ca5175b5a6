using Broker.Core.Security;

namespace Broker.Core.Limits;

/// <summary>What one client, principal, address, endpoint or tenant uses of what it may have.</summary>
/// <remarks>Threading: any thread; plain numbers. <see cref="Holders"/> belongs to its scope's gate.</remarks>
internal sealed class Budget(BudgetScope scope, string who)
{
    private const long AuditIntervalMs = 10_000;
    private const int MostDenied = 16; // connections that wait to be told so; more are closed at once

    private readonly long[] _used = new long[Enum.GetValues<BudgetItem>().Length];
    private readonly long[] _nextAudit = new long[Enum.GetValues<BudgetItem>().Length];
    private TokenBucket _connects;
    private int _denied;
    private TokenBucket _messages;
    private TokenBucket _bytes;

    /// <summary>Nothing is bounded.</summary>
    public static TenantLimits Unbounded { get; } = new();

    /// <summary>Whose it is.</summary>
    public string Who { get; } = who;

    /// <summary>What may be used; a reload changes it.</summary>
    public TenantLimits Bounds
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }
    = Unbounded;

    /// <summary>Whether it is there with nobody in it: a tenant's.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>Connections and sessions that have it.</summary>
    public int Holders { get; set; }

    /// <summary>What is used of something.</summary>
    public long Used(BudgetItem item) => Volatile.Read(ref _used[(int)item]);

    /// <summary>Whether it need not be remembered.</summary>
    public bool IsIdle(long now) => Volatile.Read(ref _denied) == 0 && _connects.IsFull(now) && _messages.IsFull(now) && _bytes.IsFull(now);

    /// <summary>Uses more of something, if that is within the bound.</summary>
    /// <param name="item">Of what.</param>
    /// <param name="amount">How much more.</param>
    /// <param name="subject">Who wants it; null where that is not known yet.</param>
    public bool TryUse(BudgetItem item, long amount, AccessSubject? subject)
    {
        long after = Interlocked.Add(ref _used[(int)item], amount);
        if (BoundOf(item) is not { } bound || after <= bound) return true;
        Interlocked.Add(ref _used[(int)item], -amount);
        Reached(item, subject);
        return false;
    }

    /// <summary>Uses more or less of something, whatever the bound is.</summary>
    public void Use(BudgetItem item, long amount) => Interlocked.Add(ref _used[(int)item], amount);

    /// <summary>Whether so much more of something would be within the bound. A snapshot.</summary>
    public bool HasRoom(BudgetItem item, long amount) => BoundOf(item) is not { } bound || Used(item) + amount <= bound;

    /// <summary>One more connect, if that is within the rate.</summary>
    public bool TryConnect(AccessSubject? subject)
    {
        if (Bounds.ConnectRate is not { } rate || _connects.TryTake(rate, scope.Now)) return true;
        Reached(BudgetItem.ConnectRate, subject);
        return false;
    }

    /// <summary>Charges what was read; returns for how many milliseconds nothing more should be.</summary>
    public long Charge(int messages, int bytes, AccessSubject? subject)
    {
        TenantLimits bounds = Bounds;
        long wait = 0;
        if (bounds.MessageRate is { } messageRate && (wait = _messages.Charge(messages, messageRate, scope.Now)) > 0) Reached(BudgetItem.MessageRate, subject);
        if (bounds.ByteRate is not { } byteRate) return wait;
        long waitForBytes = _bytes.Charge(bytes, byteRate, scope.Now);
        if (waitForBytes > 0) Reached(BudgetItem.ByteRate, subject);
        return Math.Max(wait, waitForBytes);
    }

    /// <summary>One more connection is refused as soon as its CONNECT says how; false if too many wait for that already.</summary>
    public bool TryHoldDenied()
    {
        if (Interlocked.Increment(ref _denied) <= MostDenied) return true;
        Interlocked.Decrement(ref _denied);
        return false;
    }

    /// <summary>One that was refused is gone.</summary>
    public void ReleaseDenied() => Interlocked.Decrement(ref _denied);

    /// <summary>Charges a publication that is taken whole or not at all: false where the last ones are not paid for.</summary>
    public bool TryCharge(int bytes)
    {
        TenantLimits bounds = Bounds;
        bool isTooFast = bounds.MessageRate is { } messageRate && _messages.Charge(0, messageRate, scope.Now) > 0;
        bool isTooMuch = bounds.ByteRate is { } byteRate && _bytes.Charge(0, byteRate, scope.Now) > 0;
        if (isTooFast || isTooMuch)
        {
            Reached(isTooFast ? BudgetItem.MessageRate : BudgetItem.ByteRate, null);
            return false;
        }

        Charge(1, bytes, null);
        return true;
    }

    /// <summary>Gives it back.</summary>
    public void Return() => scope.Return(this);

    /// <summary>Counts that a bound was reached; the audit is told of it once in ten seconds.</summary>
    public void Reached(BudgetItem item, AccessSubject? subject)
    {
        long now = scope.Now;
        long next = Volatile.Read(ref _nextAudit[(int)item]);
        bool isNew = now >= next && Interlocked.CompareExchange(ref _nextAudit[(int)item], now + AuditIntervalMs, next) == next;
        scope.Reached(this, item, isNew, subject);
    }

    private long? BoundOf(BudgetItem item)
    {
        TenantLimits bounds = Bounds;
        return item switch
        {
            BudgetItem.Connections => bounds.Connections,
            BudgetItem.Sessions => bounds.Sessions,
            BudgetItem.Subscriptions => bounds.Subscriptions,
            BudgetItem.QueueBytes => bounds.QueueBytes,
            BudgetItem.RetainedMessages => bounds.RetainedMessages,
            BudgetItem.RetainedBytes => bounds.RetainedBytes,
            _ => null,
        };
    }
}
