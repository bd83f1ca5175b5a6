namespace Broker.Core.Protocol;

/// <summary>What older protocol versions say in place of a reason code.</summary>
public static class ReasonCodes
{
    /// <summary>The code from which on a SUBACK of MQTT 3.1.1 says "failure", and the only such code it has.</summary>
    public const byte SubscriptionFailure = 0x80;

    /// <summary>
    /// The CONNACK return code of MQTT 3.1 and 3.1.1 that says the same: 0 accepted, 1 unacceptable protocol version,
    /// 2 identifier rejected, 3 server unavailable, 4 bad user name or password, 5 not authorized.
    /// </summary>
    /// <remarks>
    /// For what 3.1.1 has no word for (a malformed packet, a protocol error) the specification wants the connection closed
    /// without a CONNACK; where one is sent all the same it says 3.
    /// </remarks>
    public static byte ToConnectReturnCode(this ReasonCode reasonCode) => reasonCode switch
    {
        < ReasonCode.UnspecifiedError => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword or ReasonCode.BadAuthenticationMethod => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned => 5,
        _ => 3,
    };

    /// <summary>
    /// Whether <see cref="ToConnectReturnCode"/> says about the same. Where it does not (a malformed packet, a protocol error),
    /// MQTT 3.1 and 3.1.1 want the connection closed without a CONNACK [3.1.1 MQTT-3.1.4-1].
    /// </summary>
    public static bool HasConnectReturnCode(this ReasonCode reasonCode) => reasonCode is
        ReasonCode.UnsupportedProtocolVersion or ReasonCode.ClientIdentifierNotValid or ReasonCode.BadUserNameOrPassword
        or ReasonCode.BadAuthenticationMethod or ReasonCode.NotAuthorized or ReasonCode.Banned
        or ReasonCode.ServerUnavailable or ReasonCode.ServerBusy or ReasonCode.QuotaExceeded
        or ReasonCode.ConnectionRateExceeded;
}
