using Broker.Host.Audit;
using Broker.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Reloading;

/// <summary>
/// Reads the configuration again and changes what can change while the broker runs: validates all of it first, then swaps at
/// once; or keeps everything as it was, and says why.
/// </summary>
/// <remarks>Threading: any thread; one reload at a time.</remarks>
internal sealed class Reloader(HostConfiguration started, IEnumerable<IReloadable> parts, ILogger<Reloader> logger, AuditLog? audit = null)
{
    private readonly IReloadable[] _parts = [.. parts];
    private readonly Lock _gate = new();

    /// <summary>Every file that the configuration and its parts are made of.</summary>
    public IEnumerable<string> Files => started.Files.Concat(_parts.SelectMany(part => part.Files)).Distinct(StringComparer.Ordinal);

    /// <summary>Reloads.</summary>
    /// <param name="reason">Who asked for it, for the log.</param>
    /// <returns>Whether the configuration was sound; where it was not, nothing changed.</returns>
    public bool Reload(string reason)
    {
        lock (_gate)
        {
            HostLog.Reloading(logger, reason);
            HostConfiguration next = started.ReadAgain();
            List<(IReloadable Part, ReloadPlan Plan)> plans = [];
            List<ConfigurationFault> faults = [.. next.Faults];
            if (faults.Count == 0)
            {
                foreach (IReloadable part in _parts)
                {
                    ReloadPlan plan = Prepare(part, next);
                    plans.Add((part, plan));
                    faults.AddRange(plan.Faults);
                }
            }

            if (faults.Count > 0)
            {
                foreach ((_, ReloadPlan plan) in plans) plan.Discard?.Invoke();
                foreach (ConfigurationFault fault in faults) HostLog.ReloadFault(logger, fault);
                HostLog.ReloadRefused(logger, faults.Count);
                audit?.Configured($"{reason}: {faults.Count} fault(s), the first: {faults[0]}", isRefused: true);
                return false;
            }

            Apply(plans, reason);
            return true;
        }
    }

    private ReloadPlan Prepare(IReloadable part, HostConfiguration next)
    {
        try
        {
            return part.Prepare(next);
        }
#pragma warning disable CA1031 // whatever went wrong, nothing has changed yet, and nothing will
        catch (Exception fault)
#pragma warning restore CA1031
        {
            HostLog.ReloadFailed(logger, fault, part.Name);
            return ReloadPlan.Refuse([new(part.Name, null, fault.Message)]);
        }
    }

    private void Apply(List<(IReloadable Part, ReloadPlan Plan)> plans, string reason)
    {
        foreach ((IReloadable part, ReloadPlan plan) in plans)
        {
            plan.Apply?.Invoke();
            if (plan.Summary is not { } summary) continue;
            HostLog.Reloaded(logger, part.Name, summary);
            audit?.Configured($"{reason}: {part.Name}: {summary}", isRefused: false);
        }

        string[] later = [.. plans.SelectMany(plan => plan.Plan.AtNextStart).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (later.Length > 0)
        {
            string keys = string.Join(", ", later);
            HostLog.AtNextStart(logger, keys);
            audit?.Configured($"{reason}: at the next start: {keys}", isRefused: false);
        }

        if (plans.TrueForAll(plan => plan.Plan.Apply is null)) HostLog.NothingToReload(logger);
    }
}
