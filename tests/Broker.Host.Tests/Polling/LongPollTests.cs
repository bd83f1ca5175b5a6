using System.Diagnostics;
using System.Net;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Polling;

public sealed class LongPollTests() : PollingCase("--Broker:Limits:WaitingPolls", "1000", "--Broker:Limits:PollWait", "00:00:20")
{
    // 50 ms are promised; a machine under load may be ten times as slow.
    private static readonly TimeSpan _atOnce = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task A_long_poll_is_answered_within_50_ms_of_the_change()
    {
        await using WireClient publisher = await ConnectAsync();
        await publisher.PublishAsync("t", "0");
        await publisher.PingAsync();
        var times = new List<double>();
        for (int i = 1; i <= 20; i++)
        {
            Task<HttpResponseMessage> poll = GetAsync("/topics/t?wait=20", await TagAsync("/topics/t"));
            await Waiting(1);
            var watch = Stopwatch.StartNew();
            await publisher.PublishAsync("t", $"{i}");
            using HttpResponseMessage answer = await poll;
            times.Add(watch.Elapsed.TotalMilliseconds);
            Assert.Equal($"{i}", await TextAsync(answer));
        }

        times.Sort();
        TestContext.Current.SendDiagnosticMessage($"Change to answer: median {times[10]:F1} ms, longest {times[^1]:F1} ms");
        Assert.InRange(times[10], 0, 50);
        Assert.InRange(times[^1], 0, _atOnce.TotalMilliseconds);
    }

    [Fact]
    public async Task An_unchanged_value_ends_no_wait_and_the_time_does_with_304()
    {
        await PutAsync("/topics/t", "1");
        var watch = Stopwatch.StartNew();
        Task<HttpResponseMessage> poll = GetAsync("/topics/t?wait=1.5", await TagAsync("/topics/t"));
        await Waiting(1);
        await PutAsync("/topics/t", "1");

        using HttpResponseMessage answer = await poll;

        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        Assert.NotNull(answer.Headers.ETag);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.4, 10);
    }

    [Fact]
    public async Task Prefer_wait_does_the_same_and_is_confirmed()
    {
        await PutAsync("/topics/t", "1");
        string tag = await TagAsync("/topics/t");
        Task<HttpResponseMessage> poll = GetAsync("/topics/t", tag, "respond-async, wait=15; x=y");
        await Waiting(1);
        await PutAsync("/topics/t", "2");

        using HttpResponseMessage changed = await poll;
        using HttpResponseMessage over = await GetAsync("/topics/t", await TagAsync("/topics/t"), "wait=1");
        using HttpResponseMessage atOnce = await GetAsync("/topics/t", null, "wait=999999");
        using HttpResponseMessage notUnderstood = await GetAsync("/topics/t", null, "wait=soon, handling=lenient");
        using HttpResponseMessage overruled = await GetAsync("/topics/t?wait=0", await TagAsync("/topics/t"), "wait=15");

        Assert.Equal("2", await TextAsync(changed));
        Assert.Equal("wait=15", Applied(changed));
        Assert.Equal((HttpStatusCode.NotModified, "wait=1"), (over.StatusCode, Applied(over)));
        Assert.Equal("wait=20", Applied(atOnce)); // the limit
        Assert.Equal((HttpStatusCode.OK, null), (notUnderstood.StatusCode, Applied(notUnderstood)));
        Assert.Equal((HttpStatusCode.NotModified, null), (overruled.StatusCode, Applied(overruled)));
    }

    [Fact]
    public async Task A_topic_that_has_no_value_yet_can_be_waited_for()
    {
        Task<HttpResponseMessage> poll = GetAsync("/topics/new?wait=20");
        await Waiting(1);
        await PutAsync("/topics/new", "1");

        Assert.Equal("1", await TextAsync(await poll));
        await ProblemAsync(404, await GetAsync("/topics/never?wait=0.2"));
    }

    [Fact]
    public async Task A_client_that_goes_frees_its_wait()
    {
        await PutAsync("/topics/t", "1");
        using var gone = new CancellationTokenSource();
        using HttpRequestMessage request = Get("/topics/t?wait=20", "*");
        Task poll = Client.SendAsync(request, gone.Token);
        await Waiting(1);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        await Waiting(0);
    }

    [Fact]
    public async Task A_thousand_wait_for_one_topic_and_one_more_is_refused()
    {
        await PutAsync("/topics/t", "1");
        Task<HttpResponseMessage>[] polls = [.. Enumerable.Range(0, 1_000).Select(_ => GetAsync("/topics/t?wait=20", "*"))];
        await Waiting(1_000);
        using HttpResponseMessage refused = await GetAsync("/topics/t?wait=20", "*");
        var watch = Stopwatch.StartNew();
        await PutAsync("/topics/t", "2");

        foreach (Task<HttpResponseMessage> poll in polls) Assert.Equal("2", await TextAsync(await poll));
        TestContext.Current.SendDiagnosticMessage($"1,000 answers took {watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.Contains("Limits:WaitingPolls", await ProblemAsync(429, refused), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        await Waiting(0);
    }

    [Fact]
    public async Task A_will_ends_a_wait_too()
    {
        WireClient client = await WireClient.ConnectAsync(
            Broker.Address("Mqtt"), new ConnectOptions { ClientId = "w", Will = new WillOptions("t", "gone"u8.ToArray()) });
        Task<HttpResponseMessage> poll = GetAsync("/topics/t?wait=20");
        await Waiting(1);

        await client.DisposeAsync();

        Assert.Equal("gone", await TextAsync(await poll));
    }

    [Fact]
    public async Task A_broker_that_stops_says_so_to_those_who_wait()
    {
        await PutAsync("/topics/t", "1");
        Task<HttpResponseMessage> poll = GetAsync("/topics/t?wait=20", "*");
        await Waiting(1);
        var watch = Stopwatch.StartNew();

        await Broker.StopAsync();

        Assert.Contains("stops", await ProblemAsync(503, await poll), StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    private Task Waiting(int count) => Eventually.Until($"{count} polls wait", async () => await Broker.WaitingPollsAsync() == count);

    private static string? Applied(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Preference-Applied", out IEnumerable<string>? values) ? values.Single() : null;
}
