using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Client identifiers: which are taken, and which the broker makes (3.1.3.1, 3.2.2.3.7).</summary>
public sealed class ClientIdTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.3-5")]
    [Clause("V311:MQTT-3.1.3-5")]
    public void Identifiers_of_1_to_23_letters_and_digits_are_taken(ProtocolVersion version)
    {
        const string Characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        using var broker = new TestBroker(new BrokerLimits { ClientIdBytes = 23 });

        foreach (char character in Characters) broker.Connect(character.ToString(), version);
        for (int length = 2; length <= 23; length++) broker.Connect(Characters[..length], version);
        broker.Connect(Characters[^23..], version);

        Assert.Equal(62 + 22 + 1, broker.Broker.ConnectionCount);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 40, true)]
    [InlineData(ProtocolVersion.V311, 41, false)]
    [InlineData(ProtocolVersion.V5, 39, true)]
    [InlineData(ProtocolVersion.V5, 40, true)]
    [InlineData(ProtocolVersion.V5, 41, false)]
    [InlineData(ProtocolVersion.V5, 60_000, false)]
    [Clause("MQTT-3.1.3-8")]
    [Clause("V311:MQTT-3.1.3-9")]
    public void Longer_identifiers_are_taken_up_to_the_limit_in_bytes(ProtocolVersion version, int bytes, bool fits)
    {
        using var broker = new TestBroker(new BrokerLimits { ClientIdBytes = 40 });
        string id = new string('\u00E9', bytes / 2) + new string('x', bytes % 2);

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ClientId = id });

        if (fits) Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        else client.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Clause("MQTT-3.1.3-6")]
    [Clause("MQTT-3.1.3-7")]
    [Clause("MQTT-3.2.2-16")]
    public void A_client_without_an_identifier_is_told_the_one_it_gets(bool cleanStart)
    {
        using var broker = new TestBroker();
        var options = new ConnectOptions { ClientId = "", CleanStart = cleanStart, Properties = new Properties().SessionExpiryInterval(100) };

        TestClient[] clients = [.. Enumerable.Range(0, 50).Select(_ => broker.Connect(options))];
        string[] ids = [.. clients.Select(client => Assert.IsType<string>(client.ConnAck.Properties.Text(PropertyId.AssignedClientIdentifier)))];
        clients[7].Drop();
        TestClient again = broker.Resume(ids[7]);

        Assert.Equal(50, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-zA-Z-]{1,23}$", id));
        Assert.All(clients, client => Assert.False(client.ConnAck.SessionPresent));
        Assert.True(again.ConnAck.SessionPresent); // as if the client had brought it
        Assert.False(again.ConnAck.Properties.Has(PropertyId.AssignedClientIdentifier));
    }

    [Fact]
    [Clause("V311:MQTT-3.1.3-6")]
    public void In_MQTT_3_1_1_a_clean_session_needs_no_identifier()
    {
        using var broker = new TestBroker();

        broker.Connect("", ProtocolVersion.V311);
        broker.Connect("", ProtocolVersion.V311);

        Assert.Equal(2, broker.Broker.ConnectionCount); // two clients: neither took over the other
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, false)]
    [InlineData(ProtocolVersion.V31, false)]
    [InlineData(ProtocolVersion.V31, true)] // 3.1 wants one always
    [Clause("V311:MQTT-3.1.3-7")]
    [Clause("V311:MQTT-3.1.3-8")]
    public void Before_MQTT_5_a_kept_session_needs_an_identifier(ProtocolVersion version, bool cleanStart)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ClientId = "", CleanStart = cleanStart });

        client.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
    }
}
