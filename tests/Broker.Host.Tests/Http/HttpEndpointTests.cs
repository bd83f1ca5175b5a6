using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Configuration;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Http;

/// <summary>Who gets into an HTTP endpoint, and how its connections end.</summary>
public sealed class HttpEndpointTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly BoundEndpoint _bound;
    private readonly HttpEndpoint _endpoint;

    public HttpEndpointTests()
    {
        HostConfiguration configuration = ConfigurationCase.From(arguments: ["--Broker:Endpoints:Mqtt:Url", "", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0"]);
        Assert.Empty(configuration.Faults);
        _bound = BoundEndpoint.BindAll(configuration.Endpoints).Single();
        _endpoint = new HttpEndpoint(_bound, null, _time, new RecordingLoggerFactory().CreateLogger("test"));
    }

    public void Dispose() => _bound.Dispose();

    [Fact]
    public async Task A_connection_that_comes_after_the_end_does_not_get_in()
    {
        await _endpoint.StopAsync();

        await _endpoint.RunAsync(new Connection(), _ => throw new InvalidOperationException("it got in"));

        Assert.True(_endpoint.IsClosed);
    }

    [Fact]
    public async Task Who_does_not_end_within_the_grace_is_cut_off()
    {
        var connection = new Connection();
        Task running = _endpoint.RunAsync(connection, one => ((Connection)one).Aborted);
        await _endpoint.StopAsync();
        (int count, Task gone) = _endpoint.End();
        Assert.True(_endpoint.Closing.IsCancellationRequested);
        Assert.Equal(1, count);

        _time.Advance(HttpEndpoint.Grace - TimeSpan.FromMilliseconds(1));
        Assert.False(connection.Aborted.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await running.WaitAsync(Eventually.Deadline());
        await gone.WaitAsync(Eventually.Deadline());
    }

    [Fact]
    public async Task One_that_ends_in_time_is_not_cut_off()
    {
        var end = new TaskCompletionSource();
        var connection = new Connection();
        Task running = _endpoint.RunAsync(connection, _ => end.Task);
        await _endpoint.StopAsync();
        (_, Task gone) = _endpoint.End();

        end.SetResult();

        await running.WaitAsync(Eventually.Deadline());
        await gone.WaitAsync(Eventually.Deadline());
        Assert.False(connection.Aborted.IsCompleted);
    }

    [Fact]
    public async Task Without_connections_nothing_is_waited_for()
    {
        await _endpoint.StopAsync();

        (int count, Task gone) = _endpoint.End();

        Assert.Equal(0, count);
        await gone.WaitAsync(Eventually.Deadline());
    }

    private sealed class Connection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _aborted = new();

        public Task Aborted => _aborted.Task;

        public override void Abort(ConnectionAbortedException abortReason) => _aborted.TrySetResult();
    }
}
