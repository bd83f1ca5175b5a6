namespace Broker.LoadTests.Comparison;

/// <summary>What a profile measures.</summary>
public static class ComparisonPlan
{
    public const string Smoke = "smoke";
    public const string Standard = "standard";
    public const string Full = "full";

    public static IReadOnlyList<string> Profiles { get; } = [Smoke, Standard, Full];

    private static readonly int[] _sweep = [25, 50, 100, 200];
    private static readonly int[] _payloads = [256, 4096];
    private static readonly Mode[] _mapModes = [Mode.PushQos0, Mode.PollHttpEtag];
    private static readonly Mode[] _seedModes = [Mode.PushChanges, Mode.PollHttpClose, Mode.PollHttpEtag];
    private static readonly Mode[] _busyModes = [Mode.PushQos0, Mode.PushConflated, Mode.PollHttpBatch];
    private static readonly Mode[] _sweepModes = [Mode.PushQos0, Mode.PollHttpEtag, Mode.PollHttpClose];

    /// <summary>The sections of a profile.</summary>
    /// <param name="profile">How long it may take: about a minute, a quarter of an hour, an hour and a half.</param>
    public static IReadOnlyList<Section> Of(string profile) => profile switch
    {
        Smoke => SmokeSections(),
        Standard => StandardSections(rounds: 5, seconds: 4),
        Full => [.. StandardSections(rounds: 10, seconds: 15), .. LargePayloads()],
        _ => throw new FormatException($"There is no profile '{profile}'; there are {string.Join(", ", Profiles)}."),
    };

    private static IReadOnlyList<Section> SmokeSections() =>
    [
        new(Section.Everyone, [Sized(Workload.Even("modes", topics: 10, rate: 4, consumers: 20, interval: 0.25), 1.5)], Mode.All, 1),
        new(Section.Map, [Sized(Workload.Grid("map", [1, 4, 16, 64], [0.125, 0.25, 0.5, 1], perCell: 2), 3)], _mapModes, 1),
        new(Section.Seed, [Sized(Workload.Even("devices", topics: 40, rate: 0.2, consumers: 40, interval: 0.5, topicsPerConsumer: 5), 2)], _seedModes, 1),
        new(Section.Busy, [Sized(Workload.Even("busy", topics: 20, rate: 40, consumers: 4, interval: 0.5, topicsPerConsumer: 10), 1.5)], _busyModes, 1),
    ];

    private static IReadOnlyList<Section> StandardSections(int rounds, double seconds) =>
    [
        new(Section.Everyone, [Sized(Workload.Even("modes", topics: 25, rate: 2, consumers: 50, interval: 0.5), seconds)], Mode.All, rounds),
        new(Section.Map, [Sized(Workload.Grid("map", [0.25, 1, 4, 16, 64], [0.125, 0.25, 0.5, 1, 2], perCell: 4), seconds * 4)], _mapModes, Math.Max(2, rounds / 2)),
        new(Section.Seed, [Sized(Workload.Even("devices", topics: 100, rate: 0.1, consumers: 100, interval: 1, topicsPerConsumer: 5), seconds)], _seedModes, rounds),
        new(Section.Busy, [Sized(Workload.Even("busy", topics: 50, rate: 40, consumers: 10, interval: 1, topicsPerConsumer: 10), seconds)], _busyModes, rounds),
        new(Section.Sweep, [.. _sweep.Select(consumers => Sized(Workload.Even($"consumers-{consumers}", topics: 25, rate: 1, consumers, interval: 1), seconds))], _sweepModes, Math.Max(1, rounds / 3)),
    ];

    private static IReadOnlyList<Section> LargePayloads() =>
        [.. _payloads.Select(bytes => new Section(
            $"payload-{bytes}",
            [Sized(Workload.Even($"payload-{bytes}", topics: 25, rate: 2, consumers: 50, interval: 0.5), 15) with { PayloadBytes = bytes }],
            [Mode.PushQos0, Mode.PollHttp, Mode.PollHttpEtag],
            5))];

    private static Workload Sized(Workload workload, double seconds) => workload with
    {
        Measured = TimeSpan.FromSeconds(seconds),
        WarmUp = TimeSpan.FromSeconds(Math.Clamp(seconds / 4, 0.5, 2)),
        Idle = TimeSpan.FromSeconds(Math.Clamp(seconds / 8, 0.2, 1)),
        Settle = TimeSpan.FromSeconds(Math.Clamp(seconds / 4, 0.3, 1)),
        Rehearsals = seconds < 4 ? 300 : 1_000,
    };
}
