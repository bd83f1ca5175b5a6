using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Broker.Client.Tests;

/// <summary>In a program with dependency injection, and what operators see of it.</summary>
public sealed class HostingTests
{
    [Fact]
    public async Task One_line_adds_a_client_that_comes_and_goes_with_the_host()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddBrokerClient(options => options.ConnectTo(broker.Address));
        builder.Services.AddBrokerClient("other", options => options.ConnectTo(broker.Address));
        builder.Services.AddHealthChecks().AddBrokerClient().AddBrokerClient("other");
        using IHost host = builder.Build();
        BrokerClient client = host.Services.GetRequiredService<BrokerClient>();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);

        await host.StartAsync();

        await Eventually.Until("both are healthy", async () => (await health.CheckHealthAsync()).Status == HealthStatus.Healthy);
        Assert.NotSame(client, host.Services.GetRequiredKeyedService<BrokerClient>("other"));
        Assert.Equal(PublishResult.NoSubscribers, await client.PublishAsync("t", 1));
        await host.StopAsync();
        Assert.Equal(ConnectionState.Disconnected, client.State);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    [Fact]
    public async Task Wrong_options_stop_the_host_from_starting_with_every_fault()
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddBrokerClient(options => options.ReceiveMaximum = 70_000);
        using IHost host = builder.Build();

        OptionsValidationException fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(2, fault.Failures.Count());
    }

    [Fact]
    public void Options_come_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Addresses:0"] = "mqtt://a",
            ["Addresses:1"] = "mqtts://b",
            ["ClientId"] = "c",
            ["UserName"] = "u",
            ["Password"] = "p",
            ["KeepAlive"] = "00:00:07",
            ["ReceiveMaximum"] = "9",
            ["Reconnect:MaxDelay"] = "00:01:00",
            ["Outbox:Path"] = "f",
            ["Outbox:WhenFull"] = "dropoldest",
            ["CircuitBreaker:FailureRatio"] = "0.25",
            ["CircuitBreaker:Enabled"] = "false",
        }).Build();
        using ServiceProvider services = new ServiceCollection().AddBrokerClient(configuration, options => options.ReceiveMaximum++).BuildServiceProvider();

        BrokerClientOptions options = services.GetRequiredService<IOptions<BrokerClientOptions>>().Value;

        Assert.Equal(["mqtt://a", "mqtts://b"], options.Addresses);
        Assert.Equal(("c", "u", "p", TimeSpan.FromSeconds(7), 10), (options.ClientId, options.UserName, options.Password, options.KeepAlive, options.ReceiveMaximum));
        Assert.Equal(("f", OutboxOverflow.DropOldest, TimeSpan.FromMinutes(1)), (options.Outbox.Path, options.Outbox.WhenFull, options.Reconnect.MaxDelay));
        Assert.Equal((0.25, false), (options.CircuitBreaker.FailureRatio, options.CircuitBreaker.Enabled));
    }

    [Theory]
    [InlineData("KeepAlive", "soon")]
    [InlineData("ReceiveMaximum", "many")]
    [InlineData("Outbox:WhenFull", "7")]
    [InlineData("CircuitBreaker:Enabled", "perhaps")]
    public void A_value_that_cannot_be_read_is_told_with_its_key(string key, string value)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();
        using ServiceProvider services = new ServiceCollection().AddBrokerClient(configuration).BuildServiceProvider();

        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<IOptions<BrokerClientOptions>>().Value);

        Assert.Contains(key, fault.Message, StringComparison.Ordinal);
        Assert.Contains(value, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publisher_broker_and_subscriber_are_one_trace_and_messages_are_counted()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BrokerClientTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        long sent = 0;
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, meter) =>
            {
                if (instrument.Name == "broker.client.sent") meter.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref sent, value));
        meters.Start();
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        Subscription<string> all = await client.Subscribe<string>("t").StartedAsync();
        using var outer = new Activity("outer");
        outer.Start();

        await client.PublishAsync("t", "x");

        Message<string> message = (await all.TakeAsync(1))[0];
        Assert.Equal(outer.TraceId, message.TraceContext.TraceId);
        Assert.NotEqual(outer.SpanId, message.TraceContext.SpanId);
        Assert.InRange(Interlocked.Read(ref sent), 1, long.MaxValue);
    }

    [Fact]
    public async Task A_handler_that_fails_keeps_no_other_from_being_told()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        var log = new LogLines();
        await using var client = new BrokerClient(Clients.Options(broker.Address), log);
        var told = new TaskCompletionSource();
        client.StateChanged += (_, _) => throw new InvalidOperationException("the application's own");
        client.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Connected) told.TrySetResult();
        };

        await client.ConnectAsync(Eventually.Deadline());

        await told.Task.WaitAsync(Eventually.Patience);
        Assert.Contains(log.Lines, line => line.Contains("the application's own", StringComparison.Ordinal));
    }
}
