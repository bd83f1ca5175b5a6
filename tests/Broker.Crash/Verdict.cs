using System.Globalization;

namespace Broker.Crash;

/// <summary>What came out of a campaign.</summary>
internal sealed record Verdict
{
    /// <summary>Publications that were acknowledged.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Acknowledged, and not delivered; counted for each subscriber.</summary>
    public long Lost { get; init; }

    /// <summary>QoS 2 from end to end, and delivered more than once.</summary>
    public long Duplicated { get; init; }

    /// <summary>Delivered for the first time after a later one of the same publisher and topic.</summary>
    public long Reordered { get; init; }

    /// <summary>Delivered although nobody sent it, with a wrong checksum, or after it had been refused.</summary>
    public long Phantoms { get; init; }

    /// <summary>Sessions that were not there any more.</summary>
    public long ForgottenSessions { get; init; }

    /// <summary>Retained messages older than the last acknowledged one.</summary>
    public long StaleRetained { get; init; }

    /// <summary>Wills that were published twice.</summary>
    public long WillsTwice { get; init; }

    /// <summary>Wills of clients that went without a word, and that were not published.</summary>
    public long WillsMissing { get; init; }

    public int Cycles { get; init; }

    public bool IsSound =>
        Lost + Duplicated + Reordered + Phantoms + ForgottenSessions + StaleRetained + WillsTwice + WillsMissing == 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"acked {Acknowledged:N0} · lost {Lost:N0} · duplicated {Duplicated:N0} · reordered {Reordered:N0} · cycles {Cycles}\n"
            + $"sessions forgotten {ForgottenSessions} · retained stale {StaleRetained} · wills missing {WillsMissing} · wills twice {WillsTwice} · phantoms {Phantoms}");
}
