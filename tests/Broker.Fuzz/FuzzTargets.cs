using Broker.Fuzz.Targets;

namespace Broker.Fuzz;

/// <summary>Every target there is.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new PacketTarget(), new PropertyTarget(), new TopicTarget(), new ChangeTarget(), new PasswordTarget(), new RecordTarget(), new RecoveryTarget(), new AccessTarget(), new TokenTarget(),
        new ConnectionTarget(),
    ];
}
