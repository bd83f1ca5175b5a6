using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Loads;

/// <summary>
/// The counterpart of idle connections: callers that each wait for one topic with a long poll, over HTTP/2 without TLS and as many on a connection as the broker
/// takes; now and then one of the topics changes.
/// </summary>
internal sealed class WaitingPolls : IDisposable
{
    private const int PerConnection = 100; // streams, as the broker takes them
    private const int PollSeconds = 240;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly LoadEnvironment _environment;
    private readonly Deliveries _deliveries;
    private readonly CancellationTokenSource _over = new();
    private readonly List<HttpClient> _connections = [];
    private readonly List<Task> _callers = [];
    private readonly int _count;
    private MqttConnection? _device;
    private long _next;

    private WaitingPolls(LoadEnvironment environment)
    {
        _environment = environment;
        _deliveries = new Deliveries(environment.Settings.PayloadBytes);
        _count = environment.Settings.Scaled(2_000);
    }

    public static LoadScenario Create(LoadEnvironment environment)
    {
        var polls = new WaitingPolls(environment);
        return new LoadScenario("waiting-polls", context => context.StepAsync("answer", () => polls.ChangeAsync(context.Cancellation)))
        {
            WarmUp = environment.Settings.WarmUp,
            Phases = [new LoadPhase.Inject(50, TimeSpan.FromSeconds(1), environment.Settings.Duration)],
            Thresholds = [Threshold.Parse("answer p99 < 50"), Threshold.Parse("answer errors <= 0")],
            Init = polls.BeginAsync,
            Clean = async _ => await polls.EndAsync(),
        };
    }

    public void Dispose() => _over.Dispose();

    private Task<LoadResult> ChangeAsync(CancellationToken cancellation)
    {
        long number = Interlocked.Increment(ref _next) * 7919 % _count;
        return _deliveries.DeliverAsync(_device!, Topic(number), 1, 0, cancellation); // BeginAsync made it
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        Uri http = _environment.Broker.Http ?? throw new InvalidOperationException("The broker has no HTTP endpoint");
        _device = await MqttConnection.OpenAsync(_environment.Broker.Mqtt, "polled-device");
        long before = _environment.Broker.Meter?.ResidentBytes() ?? 0;
        for (int i = 0; i < _count; i++)
        {
            if (i % PerConnection == 0) _connections.Add(Connect(http));
            _callers.Add(PollAsync(_connections[^1], i));
        }

        using HttpClient looking = Connect(http);
        DateTime patience = DateTime.UtcNow + _patience;
        while (await WaitingAsync(looking, cancellation) < _count)
        {
            if (DateTime.UtcNow > patience) throw new TimeoutException($"Not all of {_count} long polls wait after {_patience.TotalSeconds:0} s");
            await Task.Delay(50, cancellation);
        }

        if (_environment.Broker.Meter is { } meter)
            _environment.Note(FormattableString.Invariant($"{_count} long polls wait on {_connections.Count} HTTP/2 connections: {(meter.ResidentBytes() - before) / 1024.0 / _count:0.0} KB of the broker's memory each (resident set, before any collection)"));
    }

    private async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_callers);
        foreach (HttpClient connection in _connections) connection.Dispose();
        if (_device is not null) await _device.DisposeAsync();
        Dispose();
    }

    private static HttpClient Connect(Uri http) => new(new SocketsHttpHandler { EnableMultipleHttp2Connections = false })
    {
        BaseAddress = http,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async Task PollAsync(HttpClient connection, int number)
    {
        EntityTagHeaderValue? known = null;
        while (!_over.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"topics/{Topic(number)}?wait={PollSeconds}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (known is not null) request.Headers.IfNoneMatch.Add(known);
            try
            {
                using HttpResponseMessage answer = await connection.SendAsync(request, _over.Token);
                known = answer.Headers.ETag;
                if (answer.StatusCode == HttpStatusCode.OK) _deliveries.Received(await answer.Content.ReadAsByteArrayAsync(_over.Token));
            }
            catch (OperationCanceledException) when (_over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task<long> WaitingAsync(HttpClient connection, CancellationToken cancellation)
    {
        string metrics = await connection.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellation);
        string? line = metrics.Split('\n').FirstOrDefault(line => line.StartsWith("mqtt_polls_waiting", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static string Topic(long number) => $"waiting/{number}";
}
