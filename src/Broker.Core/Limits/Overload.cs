using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Telemetry;
using Broker.Core.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Limits;

/// <summary>
/// Looks once a second how loaded the process is, and does without what can be done without until it is better: by memory at
/// <see cref="SoftShare"/> and <see cref="HardShare"/> of the budget, by lag when it was too long three times running. What was
/// done is undone a step at a time, after five looks in a row that are clearly below.
/// </summary>
/// <remarks>Threading: the heartbeat moves it; everybody reads it. As a timer it comes back every second.</remarks>
internal sealed class Overload(LimitsInForce limits, ILoadMeter meter, TimingWheel wheel, BrokerMetrics metrics, IAudit audit, BrokerClock clock, ILogger logger)
    : WheelTimer
{
    /// <summary>The share of the memory budget at which new connections are refused.</summary>
    public const double SoftShare = 0.85;

    /// <summary>The share of the memory budget at which QoS 0 is dropped.</summary>
    public const double HardShare = 0.95;

    // Undone so far below what began it, and only after so many looks: a broker at the brink must not swing to and fro.
    private const double Recovered = 0.9;
    private const int LooksToUndo = 5;
    private const int LooksToBegin = 3;
    private const int HardLag = 5;
    private const long IntervalMs = 1_000;

    private readonly Budget _refusals = new(new BudgetScope("broker", "Limits:Overload", metrics, audit, clock), "overload") { IsPermanent = true };
    private readonly Budget _suspects = new(new BudgetScope("broker", "Limits:Overload", metrics, audit, clock), "overload") { IsPermanent = true };
    private volatile OverloadLevel _level;
    private int _late;
    private int _calm;

    /// <summary>What the broker does without now.</summary>
    public OverloadLevel Level => _level;

    /// <summary>Begins to look.</summary>
    public void Start() => wheel.Schedule(this, clock.Now + IntervalMs);

    /// <summary>A connection comes while the broker takes none: false if too many wait to be told so already.</summary>
    /// <param name="budget">Its budget.</param>
    /// <param name="mayBePrivileged">Whether its CONNECT may show that it is to be let in all the same; as many as are told so may wait to show that.</param>
    public bool TryRefuse(ref ConnectionBudget? budget, bool mayBePrivileged)
    {
        budget ??= new ConnectionBudget();
        if (budget.Denial != ReasonCode.Success) return true;
        return mayBePrivileged ? budget.TrySuspect(_suspects) : budget.TryDeny(_refusals, ReasonCode.QuotaExceeded);
    }

    /// <summary>Looks now.</summary>
    public void Look()
    {
        Load load = meter.Read();
        long budget = limits.Current.MemoryBytes;
        double share = budget == 0 ? 0 : (double)load.MemoryBytes / budget;
        double lateness = load.Lag / limits.Current.OverloadLag;
        _late = lateness >= 1 ? _late + 1 : 0;
        OverloadLevel byMemory = LevelOf(share / SoftShare, share / HardShare);
        OverloadLevel byLag = _late < LooksToBegin ? OverloadLevel.None : LevelOf(lateness, lateness / HardLag);
        OverloadLevel wanted = byMemory > byLag ? byMemory : byLag;
        if (wanted > _level)
        {
            _calm = 0;
            Move(wanted, load, budget);
            return;
        }

        OverloadLevel held = LevelOf(Math.Max(share / SoftShare, lateness) / Recovered, Math.Max(share / HardShare, lateness / HardLag) / Recovered);
        _calm = held < _level ? _calm + 1 : 0;
        if (_calm < LooksToUndo) return;
        _calm = 0;
        Move(_level - 1, load, budget);
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        try
        {
            Look();
        }
        finally
        {
            wheel.Schedule(this, nowMs + IntervalMs);
        }
    }

    private static OverloadLevel LevelOf(double soft, double hard) => hard >= 1 ? OverloadLevel.Hard : soft >= 1 ? OverloadLevel.Soft : OverloadLevel.None;

    private void Move(OverloadLevel level, Load load, long budget)
    {
        OverloadLevel before = _level;
        _level = level;
        metrics.Overloaded(level);
        audit.LimitReached($"Overload: {level} instead of {before} ({load.MemoryBytes} of {budget} bytes, {(long)load.Lag.TotalMilliseconds} ms late)", null);
        if (level > before) logger.OverloadBegins(level, load.MemoryBytes, budget, load.Lag);
        else logger.OverloadEases(level, load.MemoryBytes, budget, load.Lag);
    }
}
