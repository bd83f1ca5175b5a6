namespace Broker.Attack;

/// <summary>What became of a row on one broker.</summary>
/// <param name="Row">The attack.</param>
/// <param name="Fault">What was not as it must be; null where all was.</param>
/// <param name="Happened">What the broker did last.</param>
/// <param name="Megabytes">By how much its memory grew at most.</param>
/// <param name="CpuSeconds">What it took of a processor.</param>
/// <param name="RoundTrip">How long another client's message took while the attack stood.</param>
internal sealed record AttackResult(AttackRow Row, string? Fault, string Happened, double Megabytes, double CpuSeconds, TimeSpan? RoundTrip);
