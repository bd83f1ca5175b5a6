using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>How the broker stops.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    public async Task Clients_get_what_can_still_be_sent_and_then_the_reason(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);
        client.Subscribe("a", QualityOfService.AtLeastOnce);
        client.Stall();
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 10; i++) publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", $"{i}"));
        client.Send(ClientPackets.PingReq());

        Task stopped = broker.StopAsync(TestContext.Current.CancellationToken);
        client.Unstall();
        await stopped;

        List<ServerPacket> all = client.All();
        Assert.Contains(all, packet => packet is ServerPacket.PingResp);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), all.OfType<ServerPacket.Publish>().Select(p => p.Text));
        if (client.IsV5) Assert.Equal(ReasonCode.ServerShuttingDown, Assert.IsType<ServerPacket.Disconnect>(all[^1]).ReasonCode);
        Assert.True(client.IsClosed);
        publisher.All();
        publisher.ExpectClosed();
    }

    [Fact]
    public async Task Nobody_is_let_in_any_more()
    {
        using var broker = new TestBroker();
        TestClient silent = broker.Open();
        await broker.StopAsync(TestContext.Current.CancellationToken);

        TestClient late = broker.Open();

        Assert.True(late.IsClosed);
        silent.ExpectClosed();
    }

    [Fact]
    public async Task A_broker_without_connections_stops_at_once()
    {
        using var broker = new TestBroker();

        await broker.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_cut_off_when_the_time_is_over()
    {
        using var broker = new TestBroker();
        using var patience = new CancellationTokenSource();
        TestClient client = broker.Connect("client");
        client.Stall();

        Task stopped = broker.StopAsync(patience.Token);
        Assert.False(stopped.IsCompleted);
        await patience.CancelAsync();
        await stopped;

        Assert.True(client.IsClosed);
    }

    [Fact]
    [Clause("MQTT-3.14.0-1")]
    public async Task A_client_that_is_still_authenticating_is_just_closed()
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        using var broker = new TestBroker(configure: parts => parts with { Authenticator = new FakeAuthenticator((_, _) => new(later.Task)) });
        TestClient client = broker.SendConnect(new ConnectOptions());

        await broker.StopAsync(TestContext.Current.CancellationToken);
        later.SetResult(AuthenticationResult.Accept(Principal.Anonymous));
        broker.Settle();

        client.ExpectClosed();
    }
}
