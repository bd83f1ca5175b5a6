using Broker.Core.Protocol;

namespace Broker.Core.Tests.Protocol;

/// <summary>Bytes that a client must not send, and the answer that they deserve.</summary>
/// <param name="Name">What is wrong, unique.</param>
/// <param name="Bytes">Everything that arrives, from the connection's first byte on.</param>
/// <param name="Expected">The reason code of the violation.</param>
internal sealed record BadStream(string Name, byte[] Bytes, ReasonCode Expected)
{
    /// <summary>A valid MQTT 5 CONNECT.</summary>
    public const string Connect5 = "101000044D515454050200 3C00 0003616263";

    /// <summary>A valid MQTT 3.1.1 CONNECT.</summary>
    public const string Connect311 = "100F00044D515454040200 3C 0003616263";

    /// <summary>A valid MQTT 3.1 CONNECT.</summary>
    public const string Connect31 = "101100064D5149736470030200 3C 0003616263";

    /// <summary>A case from hexadecimal digits; blanks are for the reader.</summary>
    public static BadStream Hex(string name, string hex, ReasonCode expected = ReasonCode.MalformedPacket) =>
        new(name, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), expected);
}
