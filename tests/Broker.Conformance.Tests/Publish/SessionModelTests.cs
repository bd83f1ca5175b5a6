using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>
/// Three clients do anything in any order, and every packet that they get is the one that a small model predicts: nothing
/// that was acknowledged is lost, QoS 2 comes once, all in order, no session is present that should not be, nothing comes
/// that nobody owes; at the end all drains and no message is held that nobody owns.
/// </summary>
[Clause("MQTT-4.3.2-3")]
[Clause("MQTT-4.3.3-10")]
[Clause("MQTT-4.4.0-1")]
[Clause("MQTT-4.5.0-1")]
[Clause("MQTT-4.6.0-1")]
[Clause("MQTT-4.6.0-6")]
[Clause("MQTT-3.2.2-3")]
[Clause("V311:MQTT-4.4.0-1")]
[Clause("V311:MQTT-4.6.0-1")]
[Clause("V311:MQTT-4.6.0-6")]
public sealed class SessionModelTests
{
    private static readonly string[] _filters = ["t/0", "t/1", "t/#"];

    private enum Step
    {
        Connect,
        ConnectKept,
        Resume,
        Drop,
        Disconnect,
        Subscribe,
        Publish,
        PublishAndLose,
        Withhold,
        Acknowledge,
        Stall,
        Unstall,
        Wait,
    }

    private static readonly Gen<(Step Step, int Client, int Topic, int Qos)[]> _steps = Gen.Select(
        Gen.Frequency(
            (1, Gen.Const(Step.Connect)),
            (1, Gen.Const(Step.ConnectKept)),
            (6, Gen.Const(Step.Resume)),
            (4, Gen.Const(Step.Drop)),
            (1, Gen.Const(Step.Disconnect)),
            (6, Gen.Const(Step.Subscribe)),
            (16, Gen.Const(Step.Publish)),
            (3, Gen.Const(Step.PublishAndLose)),
            (3, Gen.Const(Step.Withhold)),
            (3, Gen.Const(Step.Acknowledge)),
            (2, Gen.Const(Step.Stall)),
            (3, Gen.Const(Step.Unstall)),
            (1, Gen.Const(Step.Wait))),
        Gen.Int[0, 2],
        Gen.Int[0, 2],
        Gen.Int[0, 2]).Array[1, 120];

    [Fact]
    public void Three_clients_get_what_the_model_predicts() => _steps.Sample(Run, iter: 4_000, print: steps => string.Join(" ", steps));

    private static void Run((Step Step, int Client, int Topic, int Qos)[] steps)
    {
        using var broker = new TestBroker(new BrokerLimits { Inflight = 4, SessionExpiry = TimeSpan.FromSeconds(ModelSession.Expiry) });
        List<ModelClient> clients = [];
        foreach ((string id, ProtocolVersion version) in (ReadOnlySpan<(string, ProtocolVersion)>)[("5", ProtocolVersion.V5), ("3", ProtocolVersion.V311), ("5small", ProtocolVersion.V5)])
        {
            clients.Add(new ModelClient(broker, id, version, new ModelSession(), (topic, text, qos) => clients.ForEach(c => c.Model.Route(topic, text, qos))));
        }

        double now = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            (Step step, int index, int topic, int qos) = steps[i];
            Do(broker, clients[index], index, step, topic, (QualityOfService)qos, i, ref now);
            clients.ForEach(c => c.Model.Age(now));
            PumpAll(clients);
            Assert.All(clients, c => Assert.True(!c.IsConnected || c.IsStalled || c.Model.Passing.Count == 0, "QoS 0 did not arrive"));
        }

        Drain(clients);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static void Do(TestBroker broker, ModelClient client, int index, Step step, int topic, QualityOfService qos, int number, ref double now)
    {
        bool isOlder = index == 1;
        switch (step)
        {
            case Step.Connect:
                client.Connect(cleanStart: true, isKept: false, Wishes(index));
                return;
            case Step.ConnectKept:
                client.Connect(cleanStart: !isOlder, isKept: true, Wishes(index));
                return;
            case Step.Resume:
                client.Connect(cleanStart: false, isKept: true, Wishes(index));
                return;
            case Step.Wait:
                broker.Advance(TimeSpan.FromSeconds(7)); // never exactly a session's expiry
                now += 7;
                return;
        }

        if (!client.IsConnected) return;
        string name = $"t/{topic % 2}";
        switch (step)
        {
            case Step.Drop:
                client.Drop(now);
                break;
            case Step.Disconnect:
                client.Disconnect(now);
                break;
            case Step.Subscribe:
                client.Subscribe(_filters[topic], qos);
                break;
            case Step.Publish:
                client.Publish(name, $"{name} {number}", qos);
                break;
            case Step.PublishAndLose:
                client.Stall();
                client.Publish(name, $"{name} {number}", qos);
                client.Drop(now);
                break;
            case Step.Withhold or Step.Acknowledge:
                client.Withhold(step == Step.Withhold);
                break;
            case Step.Stall:
                client.Stall();
                break;
            case Step.Unstall:
                client.Unstall();
                break;
        }
    }

    private static Properties Wishes(int index) => index == 2 ? new Properties().ReceiveMaximum(2).TopicAliasMaximum(1) : [];

    private static void PumpAll(List<ModelClient> clients)
    {
        bool any = true;
        for (int round = 0; any; round++)
        {
            Assert.True(round < 10_000, "It does not end");
            any = false;
            foreach (ModelClient client in clients) any |= client.Pump();
        }
    }

    /// <summary>Everybody comes back, reads, and answers.</summary>
    private static void Drain(List<ModelClient> clients)
    {
        foreach (ModelClient client in clients)
        {
            int index = clients.IndexOf(client);
            if (!client.IsConnected) client.Connect(cleanStart: false, isKept: true, Wishes(index));
        }

        foreach (ModelClient client in clients)
        {
            client.Unstall();
            PumpAll(clients);
            client.Withhold(false);
            PumpAll(clients);
        }

        PumpAll(clients);
        Assert.All(clients, c => Assert.True(c.IsDrained, "Something is left"));
    }
}
