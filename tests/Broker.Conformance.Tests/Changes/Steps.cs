using System.Text;
using Broker.Conformance.Tests.Subscribe;
using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>Subscribing to changes, rules, and what arrives in short.</summary>
internal static class Steps
{
    /// <summary>Subscribes with options for changes, e.g. <c>("deadband", "0.5")</c>; it has to be granted.</summary>
    public static void SubscribeToChanges(this TestClient client, string filter, int qos = 0, params (string Name, string Value)[] options)
    {
        ReasonCode code = client.TrySubscribeToChanges(new SubscribeFilter(filter, (QualityOfService)qos), options).ReasonCodes[0];
        Assert.Equal((ReasonCode)(byte)qos, code);
    }

    /// <summary>Subscribes with options for changes, and returns SUBACK.</summary>
    public static ServerPacket.SubAck TrySubscribeToChanges(this TestClient client, SubscribeFilter filter, params (string Name, string Value)[] options)
    {
        Properties properties = [];
        foreach ((string name, string value) in options) properties.User(name, value);
        client.Send(ClientPackets.Subscribe(client.Version, 4_712, properties, filter));
        return client.Expect<ServerPacket.SubAck>();
    }

    /// <summary>Publishes values one after the other, each on its own.</summary>
    public static void PublishAll(this TestClient client, string topic, params string[] values)
    {
        foreach (string value in values) client.Publish(topic, value);
    }

    /// <summary>Publishes values in one read of the broker.</summary>
    public static void PublishTogether(this TestClient client, int qos, params (string Topic, string Value)[] values) =>
        client.Send([.. values.Select((v, i) => ClientPackets.Publish(client.Version, v.Topic, v.Value, (QualityOfService)qos, (ushort)(i + 1)))]);

    /// <summary>The payloads that have arrived, each acknowledged.</summary>
    public static string[] Values(this TestClient client) => [.. client.Messages().Select(m => m.Text)];

    /// <summary>The topics and payloads that have arrived, each acknowledged.</summary>
    public static string[] Pairs(this TestClient client) => [.. client.Messages().Select(m => $"{m.Topic}={m.Text}")];

    /// <summary>A rule.</summary>
    public static ChangeRule Rule(string filter, ChangeOptions? options = null, string name = "rule") =>
        new(name, Encoding.UTF8.GetBytes(filter), options ?? ChangeOptions.Exact);

    /// <summary>A deadband that is not a percentage.</summary>
    public static ChangeOptions Band(double width) => new() { Deadband = new Deadband(width, IsRelative: false) };

    /// <summary>Pointers into JSON.</summary>
    public static ChangeOptions At(params string[] pointers) => new() { Pointers = [.. pointers.Select(Pointer)] };

    private static JsonPointer Pointer(string text)
    {
        Assert.True(JsonPointer.TryParse(text, out JsonPointer pointer));
        return pointer;
    }
}
