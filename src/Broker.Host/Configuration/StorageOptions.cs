using System.ComponentModel.DataAnnotations;
using Broker.Core.Storage;

namespace Broker.Host.Configuration;

/// <summary>What must survive the process, and how safely: <c>Broker:Storage</c>.</summary>
internal sealed record StorageOptions
{
    /// <summary>The folder of the store; empty: nothing outlives the process.</summary>
    public string Path { get; init; } = "";

    /// <summary>What PUBACK and PUBREC promise where no rule says otherwise; not set: <c>fsync</c> where there is a path.</summary>
    public AckLevel? Ack { get; init; }

    /// <summary>Bytes that have to stay free on the disk; with less, publications that need the disk are refused (0x97) until there is room again.</summary>
    [Range(0, 1_099_511_627_776)]
    public long MinFree { get; init; } = 268_435_456;

    /// <summary>Bytes that may wait for the disk; past it publishers are not read from until the next commit.</summary>
    [Range(65_536, 4_294_967_296)]
    public long WaitingBytes { get; init; } = 67_108_864;

    /// <summary>Bytes of the log after which what is still needed is written again, so that the rest can be deleted.</summary>
    [Range(65_536, 1_099_511_627_776)]
    public long CheckpointBytes { get; init; } = 67_108_864;
}
