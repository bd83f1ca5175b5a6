using System.Collections.Concurrent;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>Shared work, pulled and pushed.</summary>
public sealed class WorkTests
{
    [Fact]
    public async Task A_worker_that_pulls_holds_no_more_than_it_asked_for_and_gives_back_what_it_left()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        using var stop = new CancellationTokenSource(Eventually.Patience);
        await using IAsyncEnumerator<Message<int>> slow = client.Pull<int>("jobs", max: 2).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> first = slow.MoveNextAsync();
        await Eventually.Until("it waits for work", async () => await client.PublishAsync("jobs", 0) == PublishResult.Accepted);
        Assert.True(await first);

        ConcurrentQueue<int> done = new();
        Task quick = client.ProcessAsync<int>("jobs", (job, _) => Finish(job.Value), cancellationToken: stop.Token);
        await Eventually.Until("both take part", async () =>
        {
            await client.PublishAsync("jobs", 1);
            return !done.IsEmpty;
        });
        for (int i = 10; i < 50; i++) await client.PublishAsync("jobs", i);
        await slow.DisposeAsync();

        await Eventually.Until("the other has done the rest, also what was given back", () => done.Contains(0) && Enumerable.Range(10, 40).All(done.Contains));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => quick);

        Task Finish(int job)
        {
            done.Enqueue(job);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Work_that_fails_is_tried_again_and_then_told_as_poisoned()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        using var stop = new CancellationTokenSource();
        var attempts = new ConcurrentDictionary<int, int>();
        var poisoned = new ConcurrentQueue<Exception>();
        var options = new ProcessOptions { Parallelism = 2, Attempts = 3, RetryDelay = TimeSpan.FromMilliseconds(1), OnPoisoned = (_, exception) => poisoned.Enqueue(exception) };
        Task working = client.ProcessAsync<int>("jobs", Work, options, cancellationToken: stop.Token);

        await Eventually.Until("a worker is there", async () => await client.PublishAsync("jobs", 0) == PublishResult.Accepted);
        await client.PublishAsync("jobs", 1);
        await client.PublishAsync("jobs", 2);
        await client.PublishAsync("jobs", "not a number");
        await Eventually.Until("all is done", () => poisoned.Count == 2 && attempts.GetValueOrDefault(1) == 2 && attempts.GetValueOrDefault(2) == 3);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
        Assert.Contains(poisoned, exception => exception.Message == "2 never works");

        Task Work(Message<int> job, CancellationToken token)
        {
            int attempt = attempts.AddOrUpdate(job.Value, 1, (_, count) => count + 1);
            if (job.Value == 1 && attempt == 1) throw new InvalidOperationException("once");
            if (job.Value == 2) throw new InvalidOperationException("2 never works");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Several_at_a_time_are_processed()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient client = await Clients.ConnectAsync(broker.Address);
        using var stop = new CancellationTokenSource();
        using var together = new CountdownEvent(3);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task working = client.ProcessAsync<int>("jobs", async (job, _) =>
        {
            if (job.Value == 0) return;
            together.Signal();
            await release.Task;
        }, new ProcessOptions { Parallelism = 3 }, cancellationToken: stop.Token);
        await Eventually.Until("a worker is there", async () => await client.PublishAsync("jobs", 0) == PublishResult.Accepted);

        for (int i = 1; i <= 3; i++) await client.PublishAsync("jobs", i);

        await Eventually.Until("three are at work", () => together.IsSet);
        release.SetResult();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
    }
}
