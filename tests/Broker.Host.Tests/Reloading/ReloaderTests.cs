using System.Net;
using System.Net.Sockets;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Reloading;
using Broker.Host.Security;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Tests.Reloading;

/// <summary>All or nothing: the new configuration is validated as a whole before anything of it takes effect.</summary>
public sealed class ReloaderTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecordingLoggerFactory _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_part_sees_the_configuration_as_it_is_written_now()
    {
        var part = new Part("one", ReloadPlan.Unchanged);
        Reloader reloader = Start("""{ "Broker": { "Limits": { "Connections": 7 } } }""", part);

        Write("""{ "Broker": { "Limits": { "Connections": 8 } } }""");

        Assert.True(reloader.Reload("test"));
        Assert.Equal(8, part.Seen!.Options.Broker.Limits.Connections);
    }

    [Fact]
    public void What_was_prepared_takes_effect()
    {
        var one = new Part("one", "3 rules");
        var other = new Part("other", "4 users");
        Reloader reloader = Start("{}", one, other);

        Assert.True(reloader.Reload("test"));

        Assert.Equal((1, 1), (one.Applied, other.Applied));
        Assert.Contains(_log.Entries, entry => entry.Text == "Changed: one: 3 rules");
    }

    [Fact]
    public void One_fault_in_one_part_leaves_all_parts_as_they_were()
    {
        var good = new Part("good", "changed");
        var bad = new Part("bad", ReloadPlan.Refuse([new("acl.txt:3", null, "is not a rule"), new("acl.txt:9", null, "is not one either")]));
        var last = new Part("last", ReloadPlan.Refuse([new("users:1", null, "has no password")]));
        Reloader reloader = Start("{}", good, bad, last);

        Assert.False(reloader.Reload("test"));

        Assert.Equal(0, good.Applied);
        string[] errors = [.. _log.Entries.Where(entry => entry.Level == LogLevel.Error).Select(entry => entry.Text)];
        Assert.Equal(["acl.txt:3: is not a rule", "acl.txt:9: is not one either", "users:1: has no password"], errors[..3]);
        Assert.Contains("3 fault(s)", errors[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_breaks_counts_as_a_fault()
    {
        var good = new Part("good", "changed");
        Reloader reloader = Start("{}", good, new Part("broken", "changed") { Breaks = true });

        Assert.False(reloader.Reload("test"));

        Assert.Equal(0, good.Applied);
    }

    [Theory]
    [InlineData("{ \"Broker\": { \"Limits\": { \"Connections\": 0 } } }")]
    [InlineData("{ \"Broker\": { \"Limits\": { \"Connections\": ")]
    [InlineData("{ \"Broker\": { \"Endpoints\": { \"Mqtt\": { \"Url\": \"\" }, \"Http\": { \"Url\": \"\" } } } }")]
    public void No_part_is_asked_about_a_configuration_that_has_faults(string json)
    {
        var part = new Part("one", "changed");
        Reloader reloader = Start("{}", part);

        Write(json);

        Assert.False(reloader.Reload("test"));
        Assert.Null(part.Seen);
    }

    [Fact]
    public void After_a_refusal_a_sound_configuration_is_taken()
    {
        var part = new Part("one", "changed");
        Reloader reloader = Start("{}", part);
        Write("{");
        reloader.Reload("first");

        Write("{}");

        Assert.True(reloader.Reload("second"));
        Assert.Equal(1, part.Applied);
    }

    [Fact]
    public void Settings_that_are_read_at_the_start_only_are_named()
    {
        HostConfiguration started = Read("""{ "Broker": { "SysInterval": "00:00:10", "Endpoints": { "Mqtt": { "ValidatePayloadFormat": true } } } }""");
        Write("""{ "Broker": { "SysInterval": "00:00:20", "Audit": { "Files": 3 }, "Limits": { "Connections": 8 }, "Endpoints": { "Mqtt": { "ValidatePayloadFormat": false } } } }""");

        ReloadPlan plan = new StartSettings(started).Prepare(started.ReadAgain());

        Assert.Equal(["Broker:Audit:Files", "Broker:SysInterval"], plan.AtNextStart.Order());
        Assert.Null(plan.Apply);
    }

    [Fact]
    public void Origins_of_an_HTTP_endpoint_change_while_it_listens()
    {
        HostConfiguration started = Read("""{ "Broker": { "Endpoints": { "Http": { "Url": "http://127.0.0.1:0" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""");
        IReadOnlyList<BoundEndpoint> bound = BoundEndpoint.BindAll(started.Endpoints);
        BoundEndpoint http = bound.Single(one => one.Endpoint.Name == "Http");
        Write("""{ "Broker": { "Endpoints": { "Http": { "Url": "http://127.0.0.1:0", "AllowedOrigins": "https://a.example" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""");

        ReloadPlan plan = Settings(started, bound, new Doors()).Prepare(started.ReadAgain());
        IReadOnlyList<string>? before = http.Endpoint.Options.AllowedOrigins;
        plan.Apply!();

        Assert.Null(before);
        Assert.Equal(["https://a.example"], http.Endpoint.Options.AllowedOrigins!);
        Assert.Empty(plan.AtNextStart);
        foreach (BoundEndpoint endpoint in bound) endpoint.Dispose();
    }

    [Fact]
    public void The_first_HTTP_endpoint_waits_for_the_next_start()
    {
        HostConfiguration started = Read("""{ "Broker": { "Endpoints": { "Http": { "Url": "" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""");
        IReadOnlyList<BoundEndpoint> bound = BoundEndpoint.BindAll(started.Endpoints);
        Write("""{ "Broker": { "Endpoints": { "Http": { "Url": "http://127.0.0.1:0" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""");

        ReloadPlan plan = Settings(started, bound, new Doors()).Prepare(started.ReadAgain());

        Assert.Equal(["Broker:Endpoints:Http:Url"], plan.AtNextStart);
        Assert.Null(plan.Apply);
        foreach (BoundEndpoint endpoint in bound) endpoint.Dispose();
    }

    [Fact]
    public void Endpoints_that_were_prepared_are_given_up_when_another_part_finds_a_fault()
    {
        const string Before = """{ "Broker": { "Endpoints": { "Http": { "Url": "" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""";
        HostConfiguration started = Read(Before);
        IReadOnlyList<BoundEndpoint> bound = BoundEndpoint.BindAll(started.Endpoints);
        var doors = new Doors();
        int port = LoopbackPort.Free();
        Reloader reloader = Start(Before, Settings(started, bound, doors), new Part("bad", ReloadPlan.Refuse([new("x", null, "is bad")])));
        Write($$"""{ "Broker": { "Endpoints": { "Http": { "Url": "" }, "Mqtt": { "Url": "mqtt://127.0.0.1:{{port}}" } } } }""");

        Assert.False(reloader.Reload("test"));

        Assert.Empty(doors.Changes);
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, port));
        foreach (BoundEndpoint endpoint in bound) endpoint.Dispose();
    }

    [Theory]
    [InlineData("\"Auth\": { \"AllowAnonymous\": true }")]
    [InlineData("\"Acl\": { \"Path\": \"acl.txt\" }")]
    [InlineData("\"Tenants\": { \"acme\": { \"Endpoints\": \"More\" } }")]
    public void An_endpoint_does_not_open_before_what_guards_it_is_in_force(string guard)
    {
        HostConfiguration started = Read("""{ "Broker": { "Endpoints": { "Http": { "Url": "" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" } } } }""");
        IReadOnlyList<BoundEndpoint> bound = BoundEndpoint.BindAll(started.Endpoints);
        string acl = Path.Combine(_folder.Path, "acl.txt");
        File.WriteAllText(acl, "everyone\n  allow * #\n");
        Write($$"""{ "Broker": { {{guard.Replace("acl.txt", acl, StringComparison.Ordinal)}}, "Endpoints": { "Http": { "Url": "" }, "Mqtt": { "Url": "mqtt://127.0.0.1:0" }, "More": { "Url": "mqtt://127.0.0.1:0" } } } }""");

        HostConfiguration next = started.ReadAgain();
        Assert.Empty(next.Faults);
        ReloadPlan plan = Settings(started, bound, new Doors()).Prepare(next);

        Assert.Equal(["Broker:Endpoints:More:Url"], plan.AtNextStart);
        Assert.Null(plan.Apply);
        foreach (BoundEndpoint endpoint in bound) endpoint.Dispose();
    }

    private static EndpointSettings Settings(HostConfiguration started, IReadOnlyList<BoundEndpoint> bound, Doors doors) => new(
        started, bound, new LoginSettings(started, new Authentication(started.Options.Auth, started.Auth, started.Options.Broker.Limits, TimeProvider.System)), doors);

    private Reloader Start(string json, params IReloadable[] parts) => new(Read(json), parts, new Logger<Reloader>(_log));

    private HostConfiguration Read(string json)
    {
        Write(json);
        HostConfiguration configuration = ConfigurationCaseIn(_folder.Path);
        Assert.Empty(configuration.Faults);
        return configuration;
    }

    private void Write(string json) => _folder.Write("appsettings.json", json);

    private static HostConfiguration ConfigurationCaseIn(string folder) => Configuration.ConfigurationCase.From(folders: [folder]);

    private sealed class Doors : IEndpointDoors
    {
        public List<string> Changes { get; } = [];

        public void Change(IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened) =>
            Changes.Add($"-{string.Join(',', closed.Select(one => one.Endpoint.Name))} +{string.Join(',', opened.Select(one => one.Endpoint.Name))}");
    }

    private sealed class Part : IReloadable
    {
        private readonly ReloadPlan _plan;

        public Part(string name, ReloadPlan plan)
        {
            Name = name;
            _plan = plan;
        }

        public Part(string name, string summary)
        {
            Name = name;
            _plan = ReloadPlan.Change(summary, () => Applied++);
        }

        public string Name { get; }

        public IReadOnlyList<string> Files => [];

        public bool Breaks { get; init; }

        public int Applied { get; private set; }

        public HostConfiguration? Seen { get; private set; }

        public ReloadPlan Prepare(HostConfiguration next)
        {
            Seen = next;
            return Breaks ? throw new InvalidOperationException("broken") : _plan;
        }
    }
}
