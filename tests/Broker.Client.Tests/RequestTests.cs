using System.Collections.Concurrent;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>Asking and answering.</summary>
public sealed class RequestTests
{
    [Theory]
    [MemberData(nameof(AnyBroker.Both), MemberType = typeof(AnyBroker))]
    public async Task A_request_gets_its_answer_and_each_responder_of_a_topic_its_share(string kind)
    {
        await using AnyBroker broker = await AnyBroker.StartAsync(kind);
        await using BrokerClient a = await Clients.ConnectAsync(broker.Address);
        await using BrokerClient b = await Clients.ConnectAsync(broker.Address);
        await using BrokerClient asking = await Clients.ConnectAsync(broker.Address);
        var answered = new ConcurrentDictionary<string, int>();
        await using Responder first = await a.RespondAsync<int, int>("square", (request, _) => Square("a", request.Value));
        await using Responder second = await b.RespondAsync<int, int>("square", (request, _) => Square("b", request.Value));

        int[] squares = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => asking.RequestAsync<int, int>("square", i)));

        Assert.Equal(Enumerable.Range(0, 40).Select(i => i * i), squares);
        Assert.Equal(40, answered.Values.Sum());

        Task<int> Square(string who, int number)
        {
            answered.AddOrUpdate(who, 1, (_, count) => count + 1);
            return Task.FromResult(number * number);
        }
    }

    [Fact]
    public async Task An_error_crosses_the_wire_with_its_code_and_its_details_and_a_fault_without_its_text()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Responder responder = await client.RespondAsync<string, string>("ask", (request, _) => request.Value == "meant"
            ? throw new RemoteException("not-found", "no such thing", new byte[] { 1 })
            : throw new InvalidOperationException("a secret"));
        await using Responder numbers = await client.RespondAsync<int, int>("number", (request, _) => Task.FromResult(request.Value));

        RemoteException meant = await Assert.ThrowsAsync<RemoteException>(() => client.RequestAsync<string, string>("ask", "meant"));
        RemoteException fault = await Assert.ThrowsAsync<RemoteException>(() => client.RequestAsync<string, string>("ask", "other"));
        RemoteException bad = await Assert.ThrowsAsync<RemoteException>(() => client.RequestAsync<string, int>("number", "not one"));

        Assert.Equal(("not-found", "no such thing"), (meant.Code, meant.Message));
        Assert.Equal([1], meant.Details.ToArray());
        Assert.Equal(RemoteException.InternalCode, fault.Code);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
        Assert.Equal(RemoteException.BadRequestCode, bad.Code);
        Assert.Equal(CircuitState.Closed, client.Circuit("ask").State);
    }

    [Fact]
    public async Task Nobody_there_is_told_at_once_and_silence_after_the_timeout()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using Subscription<string> silent = await client.Subscribe<string>("silent").StartedAsync();

        BrokerClientException nobody = await Assert.ThrowsAsync<BrokerClientException>(() => client.RequestAsync<string, string>("nobody", "x"));
        BrokerClientException timeout = await Assert.ThrowsAsync<BrokerClientException>(
            () => client.RequestAsync<string, string>("silent", "x", new RequestOptions { Timeout = TimeSpan.FromMilliseconds(200) }));
        using var cancel = new CancellationTokenSource();
        Task<string> cancelled = client.RequestAsync<string, string>("silent", "x", cancellationToken: cancel.Token);
        await cancel.CancelAsync();

        Assert.Equal(BrokerClientError.NoResponder, nobody.Error);
        Assert.Equal(BrokerClientError.Timeout, timeout.Error);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task The_circuit_opens_after_failures_and_can_be_held_open_and_closed_by_hand()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address, options => options.CircuitBreaker.MinimumRequests = 3);
        Circuit circuit = client.Circuit("later");
        var states = new ConcurrentQueue<CircuitState>();
        circuit.StateChanged += (_, state) => states.Enqueue(state);

        for (int i = 0; i < 3; i++) Assert.Equal(BrokerClientError.NoResponder, await ErrorAsync());
        Assert.Equal(CircuitState.Open, circuit.State);
        Assert.Equal(BrokerClientError.CircuitOpen, await ErrorAsync());
        await using Responder responder = await client.RespondAsync<string, string>("later", (request, _) => Task.FromResult(request.Value));
        await circuit.CloseAsync();
        Assert.Equal("x", await client.RequestAsync<string, string>("later", "x"));
        await circuit.IsolateAsync();
        Assert.Equal(BrokerClientError.CircuitOpen, await ErrorAsync());

        Assert.Equal([CircuitState.Open, CircuitState.Closed, CircuitState.Isolated], states);

        async Task<BrokerClientError> ErrorAsync() =>
            (await Assert.ThrowsAsync<BrokerClientException>(() => client.RequestAsync<string, string>("later", "x"))).Error;
    }

    [Fact]
    public async Task An_open_circuit_lets_one_request_through_after_a_while_and_closes_when_it_is_answered()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address, options =>
        {
            options.CircuitBreaker.MinimumRequests = 2;
            options.CircuitBreaker.BreakDuration = TimeSpan.FromMilliseconds(500); // the least
        });
        Circuit circuit = client.Circuit("later");
        var states = new ConcurrentQueue<CircuitState>();
        circuit.StateChanged += (_, state) => states.Enqueue(state);
        for (int i = 0; i < 2; i++) await Assert.ThrowsAsync<BrokerClientException>(() => client.RequestAsync<string, string>("later", "x"));
        Assert.Equal(CircuitState.Open, circuit.State);
        await using Responder responder = await client.RespondAsync<string, string>("later", (request, _) => Task.FromResult(request.Value));

        await Eventually.Until("a request is let through", async () =>
        {
            try
            {
                return await client.RequestAsync<string, string>("later", "x") == "x";
            }
            catch (BrokerClientException exception) when (exception.Error == BrokerClientError.CircuitOpen)
            {
                return false;
            }
        });

        Assert.Equal([CircuitState.Open, CircuitState.HalfOpen, CircuitState.Closed], states);
    }

    [Fact]
    public async Task Services_are_listed_with_version_and_schema_until_their_responder_goes()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        await using BrokerClient observer = await Clients.ConnectAsync(broker.Address);
        await using Mirror<ServiceDescription> services = observer.Services();
        Responder responder = await client.RespondAsync<Question, int>("math/add", (_, _) => Task.FromResult(1), new ResponderOptions { Version = "2.1", Description = "Adds" });
        await Eventually.Until("it is listed", async () => (await services.SettledAsync(TimeSpan.FromMilliseconds(20))).Count == 1);

        ServiceDescription service = services.Values.Single();
        Assert.Equal(("math/add", "2.1", client.ClientId, "Adds"), (service.Topic, service.Version, service.ClientId, service.Description));
        Assert.NotNull(service.RequestSchema?["properties"]?["left"]);
        Assert.NotNull(service.ResponseSchema);

        await responder.DisposeAsync();
        await Eventually.Until("it is gone", () => services.Count == 0);
    }

    internal sealed record Question(int Left, int Right);
}
