using System.Collections.Concurrent;
using Broker.Client.Connection;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Broker.Testing;

namespace Broker.Client.Tests;

/// <summary>Coming, going and coming back.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task One_line_connects_and_disposal_says_goodbye()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient observer = await Clients.ConnectAsync(broker.Address);
        BrokerClient client = await BrokerClient.ConnectAsync(broker.Address, Eventually.Deadline());
        await using Presence presence = observer.Presence(client.ClientId);
        Assert.Equal(ConnectionState.Connected, client.State);
        await presence.WaitAsync(isOnline: true, Eventually.Deadline());

        await client.DisposeAsync();

        PresenceState gone = await presence.WaitAsync(isOnline: false, Eventually.Deadline());
        Assert.Equal("disconnected", gone.Reason);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ConnectAsync());
        Assert.Equal(BrokerClientError.Closed, (await Assert.ThrowsAsync<BrokerClientException>(() => client.PublishAsync("t", "x"))).Error);
    }

    [Fact]
    public async Task Where_nobody_listens_connecting_fails_with_the_address()
    {
        int port = LoopbackPort.Free();

        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => BrokerClient.ConnectAsync($"mqtt://127.0.0.1:{port}", Eventually.Deadline()));

        Assert.Equal((BrokerClientError.ConnectionLost, true), (fault.Error, fault.IsTransient));
        Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_address_takes_over()
    {
        await using AnyBroker first = await AnyBroker.StartAsync();
        await using AnyBroker second = await AnyBroker.StartAsync();
        await using var proxy = new FaultyProxy(first.Port);
        await using var client = new BrokerClient(Clients.Options($"mqtt://127.0.0.1:{LoopbackPort.Free()}", proxy.Address, second.Address));
        await client.ConnectAsync(Eventually.Deadline());
        Assert.Equal(1, proxy.Connections);
        await using BrokerClient observer = await Clients.ConnectAsync(second.Address);
        await using Presence presence = observer.Presence(client.ClientId);

        await proxy.DisposeAsync();

        await presence.WaitAsync(isOnline: true, Eventually.Deadline());
    }

    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task A_session_is_resumed_and_what_came_meanwhile_arrives(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using var proxy = new FaultyProxy(broker.Port);
        await using BrokerClient publisher = await Clients.ConnectAsync(broker.Address);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address, options => options.ClientId = "resumes");
        var sessions = new ConcurrentQueue<bool>();
        client.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Connected) sessions.Enqueue(change.SessionPresent);
            throw new InvalidOperationException("a handler's fault goes no further");
        };
        Subscription<int> numbers = await client.Subscribe<int>("n").StartedAsync();
        int target = proxy.Target;

        proxy.Target = LoopbackPort.Free();
        proxy.Cut();
        for (int i = 0; i < 10; i++) await publisher.PublishAsync("n", i);
        proxy.Target = target;

        Assert.Equal(Enumerable.Range(0, 10), (await numbers.TakeAsync(10)).Select(message => message.Value));
        Assert.Equal([true], sessions);
    }

    [Fact]
    public async Task Where_the_session_was_lost_subscriptions_are_made_again()
    {
        RunningBroker broker = await RunningBroker.StartAsync();
        await using var proxy = new FaultyProxy(broker.Address("Mqtt").Port);
        await using BrokerClient client = await Clients.ConnectAsync(proxy.Address);
        Subscription<string> all = await client.Subscribe<string>("t/+").StartedAsync();
        Subscription<double> changes = await client.Subscribe<double>("c").OnlyChanges(deadband: 1).StartedAsync();

        await broker.DisposeAsync();
        await using RunningBroker fresh = await RunningBroker.StartAsync();
        proxy.Target = fresh.Address("Mqtt").Port;
        await Eventually.Until("the client is back", () => client.State == ConnectionState.Connected);
        await client.PublishAsync("t/1", "again");
        foreach (double value in (double[])[1, 1.5, 3]) await client.PublishAsync("c", value);

        Assert.Equal("again", (await all.TakeAsync(1))[0].Value);
        Assert.Equal([1, 3], (await changes.TakeAsync(2)).Select(message => message.Value));
    }

    [Fact]
    public async Task What_is_published_while_the_broker_is_away_waits_and_arrives_in_order()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient subscriber = await Clients.ConnectAsync(broker.Address);
        Subscription<int> numbers = await subscriber.Subscribe<int>("n").StartedAsync();
        await using var proxy = new FaultyProxy(LoopbackPort.Free());
        await using var client = new BrokerClient(Clients.Options(proxy.Address));
        client.Start();

        List<Task> publications = [.. Enumerable.Range(0, 20).Select(i => client.PublishAsync("n", i))];
        Assert.Equal(20, client.Waiting);
        proxy.Target = broker.Port;

        await Task.WhenAll(publications).WaitAsync(Eventually.Patience);
        Assert.Equal(Enumerable.Range(0, 20), (await numbers.TakeAsync(20)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_client_identifier_in_use_elsewhere_ends_the_older_client_for_good()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient older = await Clients.ConnectAsync(broker.Address, options => options.ClientId = "same");
        var failed = new TaskCompletionSource<ConnectionStateChangedEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        older.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Failed) failed.TrySetResult(change);
        };

        await using BrokerClient newer = await Clients.ConnectAsync(broker.Address, options => options.ClientId = "same");

        ConnectionStateChangedEventArgs end = await failed.Task.WaitAsync(Eventually.Patience);
        Assert.Equal((byte?)0x8E, end.Cause?.ReasonCode);
        Assert.Contains("another client", end.Cause?.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionState.Connected, newer.State);
    }

    [Fact]
    public async Task A_queue_in_a_file_survives_the_process()
    {
        using var folder = new TempFolder();
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient subscriber = await Clients.ConnectAsync(broker.Address);
        Subscription<int> numbers = await subscriber.Subscribe<int>("n", new SubscribeOptions { Qos = QualityOfService.ExactlyOnce }).StartedAsync();
        await using (var first = new BrokerClient(With(broker.Address)))
        {
            for (int i = 0; i < 10; i++) await first.EnqueueAsync(Clients.Text("n", $"{i}", QualityOfService.ExactlyOnce));
        }

        await using var second = new BrokerClient(With(broker.Address));
        Assert.Equal(10, second.Waiting);
        await second.ConnectAsync(Eventually.Deadline());
        await second.FlushAsync(Eventually.Deadline());

        Assert.Equal(Enumerable.Range(0, 10), (await numbers.TakeAsync(10)).Select(message => message.Value));

        BrokerClientOptions With(string address)
        {
            BrokerClientOptions options = Clients.Options(address);
            options.ClientId = "device";
            options.Outbox.Path = Path.Combine(folder.Path, "outbox");
            return options;
        }
    }

    [Fact]
    public async Task Messages_for_a_subscription_of_an_earlier_process_wait_for_it_to_be_made_again()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient publisher = await Clients.ConnectAsync(broker.Address);
        await using (BrokerClient first = await Clients.ConnectAsync(broker.Address, options => options.ClientId = "returns"))
        {
            await first.Subscribe<int>("n").StartedAsync();
        }

        for (int i = 0; i < 5; i++) await publisher.PublishAsync("n", i);
        await using BrokerClient second = await Clients.ConnectAsync(broker.Address, options => options.ClientId = "returns");
        await Eventually.Until("they are here", () => second.Core.Session.Inbox.Open == 5);
        Subscription<int> again = await second.Subscribe<int>("n").StartedAsync();

        Assert.Equal(Enumerable.Range(0, 5), (await again.TakeAsync(5)).Select(message => message.Value));
    }

    [Fact]
    public async Task A_subscription_that_the_broker_refuses_says_why()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);

        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => client.Subscribe<int>("$share/g/$changes/x").OnlyChanges(new ChangeCriteria { MinInterval = TimeSpan.FromSeconds(1) }).StartAsync());

        Assert.Equal(BrokerClientError.SubscribeRefused, fault.Error);
        Assert.NotNull(fault.ReasonCode);
    }

    [Fact]
    public async Task Options_are_checked_as_a_whole()
    {
        var options = new BrokerClientOptions { Password = "x", ReceiveMaximum = 0, KeepAlive = TimeSpan.Zero };
        options.ConnectTo("http://127.0.0.1", "nonsense");
        options.Outbox.Path = "file";

        ArgumentException fault = Assert.Throws<ArgumentException>(() => new BrokerClient(options));

        Assert.All(["http", "nonsense", "Password", "ReceiveMaximum", "KeepAlive", "ClientId"], word => Assert.Contains(word, fault.Message, StringComparison.Ordinal));
        await Task.CompletedTask;
    }

    [Fact]
    public void Waits_double_up_to_their_bound()
    {
        var options = new ReconnectOptions { FirstDelay = TimeSpan.FromMilliseconds(250), MaxDelay = TimeSpan.FromSeconds(30) };

        Assert.Equal([0.25, 0.5, 1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 9).Select(round => ConnectionLoop.Bound(options, round).TotalSeconds));
        Assert.Equal(30, ConnectionLoop.Bound(options, int.MaxValue).TotalSeconds);
    }

    [Fact]
    public async Task Web_socket_and_a_last_will_work()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        await using BrokerClient observer = await Clients.ConnectAsync($"mqtt://127.0.0.1:{broker.Address("Mqtt").Port}");
        Subscription<string> wills = await observer.Subscribe<string>("wills").StartedAsync();
        BrokerClientOptions options = Clients.Options($"ws://127.0.0.1:{broker.Address("Http").Port}/mqtt");
        options.ClientId = "over";
        options.Will = new LastWill(Clients.Text("wills", "gone"));
        await using var client = new BrokerClient(options);
        await client.ConnectAsync(Eventually.Deadline());
        Assert.Equal(PublishResult.Accepted, await client.PublishAsync("wills", "here"));

        await using BrokerClient other = await Clients.ConnectAsync($"mqtt://127.0.0.1:{broker.Address("Mqtt").Port}", taking => taking.ClientId = "over");

        Assert.Equal(["here", "gone"], (await wills.TakeAsync(2)).Select(message => message.Value));
    }
}
