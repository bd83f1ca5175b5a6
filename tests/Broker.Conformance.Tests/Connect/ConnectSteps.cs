using System.Text;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>What tests of connections do again and again.</summary>
internal static class ConnectSteps
{
    /// <summary>Opens a connection and sends CONNECT; what is answered is the test's business.</summary>
    public static TestClient SendConnect(this TestBroker broker, ConnectOptions options)
    {
        TestClient client = broker.Open(options.Version);
        client.Send(ClientPackets.Connect(options));
        return client;
    }

    /// <summary>The CONNECT was refused: CONNACK said why, where the version has a word for it, and the connection is closed.</summary>
    public static void ExpectRefused(this TestClient client, ReasonCode reason)
    {
        byte? code = client.IsV5 ? (byte)reason : ReturnCodeOf(reason);
        if (code is not null)
        {
            ServerPacket.ConnAck answer = client.Expect<ServerPacket.ConnAck>();
            Assert.Equal(code, answer.ReturnCode);
            Assert.False(answer.SessionPresent);
        }

        client.ExpectClosed();
    }

    /// <summary>A client that stays without sending anything, whatever the clock does, and subscribes at QoS 2.</summary>
    public static TestClient Watch(this TestBroker broker, string filter, ProtocolVersion version = ProtocolVersion.V311)
    {
        TestClient watcher = broker.Connect(new ConnectOptions { ClientId = "watcher of " + filter, Version = version, KeepAlive = 0 });
        watcher.Subscribe(filter, QualityOfService.ExactlyOnce);
        return watcher;
    }

    /// <summary>Lets seconds pass, in steps that are as long as the broker's clock takes at once.</summary>
    public static void Elapse(this TestBroker broker, int seconds)
    {
        for (int i = 0; i < seconds; i++) broker.Pause(TimeSpan.FromSeconds(1));
    }

    /// <summary>Lets transports tell the broker that they are gone.</summary>
    public static void Settle(this TestBroker broker) => broker.Pause(TimeSpan.Zero);

    /// <summary>The payload of the next PUBLISH.</summary>
    public static string NextText(this TestClient client) => client.Expect<ServerPacket.Publish>().Text;

    /// <summary>Subscribes to a filter and returns the first message that comes with it; null if none does.</summary>
    public static ServerPacket.Publish? SubscribeAndGet(this TestClient client, string filter)
    {
        client.Subscribe(filter, QualityOfService.AtLeastOnce);
        return client.All().OfType<ServerPacket.Publish>().FirstOrDefault();
    }

    /// <summary>Puts bytes into a packet in the place of a placeholder of the same length.</summary>
    public static byte[] Replace(byte[] packet, string placeholder, byte[] bytes)
    {
        byte[] result = [.. packet];
        int at = result.AsSpan().IndexOf(Encoding.ASCII.GetBytes(placeholder));
        Assert.True(at >= 0 && placeholder.Length == bytes.Length, "the placeholder is not in the packet, or has another length");
        bytes.CopyTo(result, at);
        return result;
    }

    // 3.1.1, table 3.1; what is not there is answered by closing the connection alone.
    private static byte? ReturnCodeOf(ReasonCode reason) => (byte)reason switch
    {
        0x84 => 1,
        0x85 => 2,
        0x88 or 0x89 or 0x97 or 0x9F => 3,
        0x86 or 0x8C => 4,
        0x87 or 0x8A => 5,
        _ => null,
    };
}
