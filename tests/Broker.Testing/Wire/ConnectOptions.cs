using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>Everything that a CONNECT can say, and ways to say it wrong.</summary>
public sealed record ConnectOptions
{
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V5;

    public string ClientId { get; init; } = "client";

    /// <summary>Clean Session before MQTT 5.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Seconds.</summary>
    public ushort KeepAlive { get; init; } = 60;

    public string? UserName { get; init; }

    public byte[]? Password { get; init; }

    public WillOptions? Will { get; init; }

    /// <summary>The CONNECT properties; not sent before MQTT 5.</summary>
    public Properties Properties { get; init; } = [];

    /// <summary>Another protocol name than the version's own.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>Another protocol level than the version's own.</summary>
    public byte? ProtocolLevel { get; init; }

    /// <summary>Another byte of connect flags than the options ask for; the payload stays as the options say.</summary>
    public byte? ConnectFlags { get; init; }

    /// <summary>Bytes after the last field.</summary>
    public byte[] Trailing { get; init; } = [];
}
