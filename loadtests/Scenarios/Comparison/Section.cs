namespace Broker.LoadTests.Comparison;

/// <summary>One question of the comparison: a workload, and the modes that it is put to.</summary>
/// <param name="Id">As options call it.</param>
/// <param name="Workloads">Usually one; several where the number of consumers is what varies.</param>
/// <param name="Modes">In which ways.</param>
/// <param name="Rounds">How often; in each round the modes take turns in another order.</param>
public sealed record Section(string Id, IReadOnlyList<Workload> Workloads, IReadOnlyList<Mode> Modes, int Rounds)
{
    /// <summary>All modes on the same workload.</summary>
    public const string Everyone = "modes";

    /// <summary>The plane of change rate and interval.</summary>
    public const string Map = "map";

    /// <summary>Many devices, many clients, a connection for every request.</summary>
    public const string Seed = "devices";

    /// <summary>Much that changes fast, and clients that need it now and then.</summary>
    public const string Busy = "busy";

    /// <summary>More and more consumers.</summary>
    public const string Sweep = "consumers";

    public static IReadOnlyList<string> All { get; } = [Everyone, Map, Seed, Busy, Sweep];
}
