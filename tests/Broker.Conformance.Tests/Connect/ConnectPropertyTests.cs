using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.1.2.11 and 3.1.3.2: values and repetitions that CONNECT properties must not have.</summary>
public sealed class ConnectPropertyTests
{
    public static TheoryData<string> WrongProperties() =>
    [
        "11 0000000A 11 0000000A", // Session Expiry Interval twice
        "21 0005 21 0005", // Receive Maximum twice
        "21 0000", // Receive Maximum 0
        "27 00000000", // Maximum Packet Size 0
        "27 00000400 27 00000400",
        "22 0005 22 0005", // Topic Alias Maximum twice
        "19 02", // Request Response Information neither 0 nor 1
        "19 00 19 00",
        "17 02", // Request Problem Information neither 0 nor 1
        "17 01 17 01",
        "15 0001 61 15 0001 61", // Authentication Method twice
        "15 0001 61 16 0000 16 0000", // Authentication Data twice
        "16 0001 61", // Authentication Data without a method
    ];

    [Theory]
    [MemberData(nameof(WrongProperties))]
    [Clause("MQTT-3.1.4-1")]
    [Clause("MQTT-4.13.1-1")]
    public void A_property_with_a_forbidden_value_or_there_twice_is_a_protocol_error(string block)
    {
        using var broker = new TestBroker();
        byte[] bytes = Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal));

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().Raw(bytes) });

        client.ExpectRefused(ReasonCode.ProtocolError);
    }

    public static TheoryData<string> WrongWillProperties() =>
    [
        "18 00000001 18 00000001", // Will Delay Interval twice
        "01 02", // Payload Format Indicator neither 0 nor 1
        "01 01 01 01",
        "02 00000001 02 00000001", // Message Expiry Interval twice
        "03 0001 61 03 0001 61", // Content Type twice
        "08 0001 61 08 0001 61", // Response Topic twice
        "08 0001 23", // Response Topic with a wildcard
        "09 0000 09 0000", // Correlation Data twice
    ];

    [Theory]
    [MemberData(nameof(WrongWillProperties))]
    [Clause("MQTT-3.1.4-1")]
    public void A_will_property_with_a_forbidden_value_or_there_twice_is_a_protocol_error(string block)
    {
        using var broker = new TestBroker();
        byte[] bytes = Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal));
        var will = new WillOptions("w", [1]) { Properties = new Properties().Raw(bytes) };

        TestClient client = broker.SendConnect(new ConnectOptions { Will = will });

        client.ExpectRefused(ReasonCode.ProtocolError);
    }

    [Theory]
    [InlineData("11 0000000A")] // Session Expiry Interval
    [InlineData("23 0001")] // Topic Alias
    [InlineData("0B 01")] // Subscription Identifier
    [InlineData("15 0001 61")] // Authentication Method
    [Clause("MQTT-3.1.4-1")]
    public void A_property_that_a_will_cannot_have_is_refused(string block)
    {
        using var broker = new TestBroker();
        byte[] bytes = Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal));
        var will = new WillOptions("w", [1]) { Properties = new Properties().Raw(bytes) };

        TestClient client = broker.SendConnect(new ConnectOptions { Will = will });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Fact]
    public void Every_property_that_CONNECT_and_will_may_have_is_taken()
    {
        using var broker = new TestBroker();
        Properties will = new Properties().WillDelayInterval(1).PayloadFormatIndicator(1).MessageExpiryInterval(2)
            .ContentType("").ResponseTopic("r").CorrelationData([]).User("a", "b").User("a", "b");
        Properties connect = new Properties().SessionExpiryInterval(10).ReceiveMaximum(1).MaximumPacketSize(1_000).TopicAliasMaximum(1)
            .RequestResponseInformation(1).RequestProblemInformation(0).User("a", "b").User("a", "c").User("", "");

        TestClient client = broker.Connect(new ConnectOptions { Properties = connect, Will = new WillOptions("w", [1]) { Properties = will } });

        client.ExpectNothing();
    }
}
