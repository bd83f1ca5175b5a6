namespace Broker.Core.Connections;

/// <summary>How the bytes of a connection travel.</summary>
public enum TransportKind
{
    /// <summary>In this process, as tests do.</summary>
    Memory,

    /// <summary>Plain TCP.</summary>
    Tcp,

    /// <summary>TLS over TCP.</summary>
    Tls,

    /// <summary>WebSocket (MQTT 5 section 6).</summary>
    WebSocket,

    /// <summary>Requests of HTTP: polling.</summary>
    Http,
}
