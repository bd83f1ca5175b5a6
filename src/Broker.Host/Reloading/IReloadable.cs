using Broker.Host.Configuration;

namespace Broker.Host.Reloading;

/// <summary>A part of the process that can take new settings, or new contents of its files, while it runs.</summary>
/// <remarks>
/// Threading: <see cref="Prepare"/> and what it returns are called by one thread at a time, which is not a network thread. All parts are asked
/// before any is changed; if one finds a fault, none is changed.
/// </remarks>
internal interface IReloadable
{
    /// <summary>What it is called in messages, e.g. <c>access rules</c>.</summary>
    string Name { get; }

    /// <summary>The files that it was made from: where one of them changes, that is a reason to reload (<c>Reload:Watch</c>).</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>Reads and validates everything that it would need, and changes nothing yet.</summary>
    /// <param name="next">The configuration as it is written now; it has no faults.</param>
    ReloadPlan Prepare(HostConfiguration next);
}
