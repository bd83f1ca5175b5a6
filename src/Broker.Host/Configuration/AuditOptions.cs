using System.ComponentModel.DataAnnotations;
using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>The audit log: <c>Broker:Audit</c>.</summary>
internal sealed record AuditOptions
{
    /// <summary>The file, or <c>stdout</c>; empty: there is none.</summary>
    public string Path { get; init; } = "";

    /// <summary>How large the file becomes before it is put aside as <c>.1</c> and a new one is begun.</summary>
    [Range(65_536, 1_099_511_627_776)]
    public long MaxBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>How many files there are at the most, the current one included; the oldest goes.</summary>
    [Range(1, 1_000)]
    public int Files { get; init; } = 8;

    /// <summary>How long denials of the same action for the same principal are counted before they are written as one line.</summary>
    [DurationRange("00:00:01", "01:00:00")]
    public TimeSpan DenialWindow { get; init; } = TimeSpan.FromSeconds(10);
}
