using System.Globalization;

namespace Broker.Client.Connection;

/// <summary>
/// The error table: what each reason code means to this client. Whatever is not listed is not retried: a request that the broker does not
/// understand is not understood the second time either.
/// </summary>
internal static class ReasonCodes
{
    public const byte NoMatchingSubscribers = 0x10;
    public const byte FirstError = 0x80;
    public const byte PacketIdentifierInUse = 0x91;
    public const byte PacketIdentifierNotFound = 0x92;
    public const byte PacketTooLarge = 0x95;

    /// <summary>Whether a new attempt to connect, after a refusal or an end with this code, may succeed.</summary>
    public static bool MayReconnect(byte reason) => reason switch
    {
        0x00 or 0x04 => true, // a normal end, which brokers also send when they stop
        0x80 or 0x83 => true, // unspecified, implementation specific
        0x88 or 0x89 or 0x8B => true, // unavailable, busy, shutting down
        0x8D => true, // keep alive timeout
        0x93 => true, // receive maximum exceeded
        0x96 or 0x97 => true, // message rate too high, quota exceeded
        0x9C or 0x9D => true, // another server: the next address
        0x9F or 0xA0 => true, // connection rate, maximum connect time
        _ => false, // among them 0x86 password, 0x87 not authorised, 0x8E session taken over, 0x98 administrative action
    };

    /// <summary>Whether publishing or subscribing again, after a refusal with this code, may succeed.</summary>
    public static bool MayRetry(byte reason) => reason is 0x80 or 0x83 or 0x91 or 0x97;

    /// <summary>The code with its name in the specification.</summary>
    public static string Describe(byte reason, string? text)
    {
        string name = reason switch
        {
            0x00 => "normal disconnection",
            0x80 => "unspecified error",
            0x81 => "malformed packet",
            0x82 => "protocol error",
            0x83 => "implementation specific error",
            0x84 => "unsupported protocol version: the broker does not speak MQTT 5",
            0x85 => "client identifier not valid",
            0x86 => "bad user name or password",
            0x87 => "not authorized",
            0x88 => "server unavailable",
            0x89 => "server busy",
            0x8A => "banned",
            0x8B => "server shutting down",
            0x8C => "bad authentication method",
            0x8D => "keep alive timeout",
            0x8E => "session taken over: another client uses the same client identifier",
            0x8F => "topic filter invalid",
            0x90 => "topic name invalid",
            0x91 => "packet identifier in use",
            0x93 => "receive maximum exceeded",
            0x95 => "packet too large",
            0x96 => "message rate too high",
            0x97 => "quota exceeded",
            0x98 => "administrative action",
            0x99 => "payload format invalid",
            0x9A => "retain not supported",
            0x9B => "QoS not supported",
            0x9C => "use another server",
            0x9D => "server moved",
            0x9E => "shared subscriptions not supported",
            0x9F => "connection rate exceeded",
            0xA0 => "maximum connect time",
            0xA1 => "subscription identifiers not supported",
            0xA2 => "wildcard subscriptions not supported",
            _ => "unknown reason",
        };
        string code = reason.ToString("X2", CultureInfo.InvariantCulture);
        return string.IsNullOrEmpty(text) ? $"0x{code} {name}" : $"0x{code} {name}: {text}";
    }
}
