namespace Broker.Attack;

/// <summary>What a broker is configured with while a file's attacks go against it.</summary>
internal enum AttackSetting
{
    /// <summary>It lets everybody in.</summary>
    Open,

    /// <summary>It asks who somebody is; alice and bob have passwords.</summary>
    WithRights,

    /// <summary>It lets everybody in without TLS; with TLS, for MQTT and for WebSocket, only those who have a certificate of the authority.</summary>
    WithCertificates,
}
