using System.Globalization;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Interop;

/// <summary>mosquitto_pub and mosquitto_sub, as people use them on a command line.</summary>
public sealed class MosquittoTests : IAsyncLifetime
{
    private const string Subscribed = "Subscribed (mid: 1)";
    private RunningBroker _broker = null!; // InitializeAsync

    public static TheoryData<string, int> VersionsAndQos => new MatrixTheoryData<string, int>(["mqttv31", "mqttv311", "mqttv5"], [0, 1, 2]);

    public static TheoryData<string> Versions => ["mqttv31", "mqttv311", "mqttv5"];

    public async ValueTask InitializeAsync()
    {
        OtherClient.RequireProgram("mosquitto_pub");
        OtherClient.RequireProgram("mosquitto_sub");
        OtherClient.RequireProgram("stdbuf");
        _broker = await RunningBroker.StartAsync();
    }

    public ValueTask DisposeAsync() => _broker?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    public async Task What_is_published_arrives_with_its_qos(string version, int qos)
    {
        await using OtherProcess subscriber = Subscribe(version, "-t", "home/+/temp", "-q", Text(qos), "-C", "2");
        await subscriber.UntilAsync(Subscribed);

        await PublishAsync(version, "-t", "home/kitchen/temp", "-m", "21", "-q", Text(qos));
        await PublishAsync(version, "-t", "home/bath/temp", "-m", "23", "-q", Text(qos));

        await subscriber.SucceedAsync();
        Assert.Contains($"MSG home/kitchen/temp 21 q{qos} r0", subscriber.Output, StringComparison.Ordinal);
        Assert.Contains($"MSG home/bath/temp 23 q{qos} r0", subscriber.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(VersionsAndQos))]
    public async Task What_was_retained_is_there_for_who_comes_later_until_it_is_cleared(string version, int qos)
    {
        await PublishAsync(version, "-t", "state", "-m", "on", "-r", "-q", Text(qos));
        await UntilAsync("state", isKnown: true); // at QoS 0 nobody says when it has arrived
        await using OtherProcess subscriber = Subscribe(version, "-t", "state", "-q", Text(qos), "-C", "1");
        await subscriber.SucceedAsync();
        Assert.Contains($"MSG state on q{qos} r1", subscriber.Output, StringComparison.Ordinal);

        await PublishAsync(version, "-t", "state", "-n", "-r", "-q", Text(qos));
        await UntilAsync("state", isKnown: false);
        await using OtherProcess late = Subscribe(version, "-t", "state", "-t", "end", "-C", "1");
        await late.UntilAsync(Subscribed);
        await PublishAsync(version, "-t", "end", "-m", "end");
        await late.SucceedAsync();

        Assert.DoesNotContain("MSG state", late.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_client_that_is_killed_leaves_its_will(string version)
    {
        await using OtherProcess observer = Subscribe(version, "-t", "wills/#", "-C", "1");
        await observer.UntilAsync(Subscribed);
        await using OtherProcess victim = Subscribe(version, "-t", "x", "--will-topic", "wills/victim", "--will-payload", "died", "--will-qos", "1", "--will-retain");
        await victim.UntilAsync(Subscribed);

        victim.Kill();

        await observer.SucceedAsync();
        Assert.Contains("MSG wills/victim died", observer.Output, StringComparison.Ordinal);
        await using OtherProcess late = Subscribe(version, "-t", "wills/victim", "-C", "1");
        await late.SucceedAsync();
        Assert.Contains("MSG wills/victim died q0 r1", late.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Members_of_a_shared_subscription_get_each_message_once_between_them(string version)
    {
        await using OtherProcess first = Subscribe(version, "-t", "$share/workers/jobs", "-q", "1");
        await using OtherProcess second = Subscribe(version, "-t", "$share/workers/jobs", "-q", "1");
        await using OtherProcess all = Subscribe(version, "-t", "jobs", "-q", "1", "-C", "10");
        await first.UntilAsync(Subscribed);
        await second.UntilAsync(Subscribed);
        await all.UntilAsync(Subscribed);

        for (int i = 0; i < 10; i++) await PublishAsync(version, "-t", "jobs", "-m", $"job{i}", "-q", "1");

        await all.SucceedAsync();
        await Eventually.Until("all jobs are taken", () => Jobs(first).Length + Jobs(second).Length >= 10);
        Assert.Equal(10, Jobs(first).Union(Jobs(second)).Count());
        Assert.NotEmpty(Jobs(first));
        Assert.NotEmpty(Jobs(second));
    }

    [Theory]
    [InlineData("mqttv311", 1)]
    [InlineData("mqttv311", 2)]
    [InlineData("mqttv5", 1)]
    [InlineData("mqttv5", 2)]
    public async Task What_came_while_a_kept_session_was_away_is_delivered(string version, int qos)
    {
        string[] session = version == "mqttv5" ? ["-i", "sleeper", "-c", "-x", "300"] : ["-i", "sleeper", "-c"];
        await using (OtherProcess first = Subscribe(version, [.. session, "-t", "mail", "-q", Text(qos), "-E"])) await first.SucceedAsync();
        await PublishAsync(version, "-t", "mail", "-m", "one", "-q", Text(qos));
        await PublishAsync(version, "-t", "mail", "-m", "two", "-q", Text(qos));

        await using OtherProcess again = Subscribe(version, [.. session, "-t", "mail", "-q", Text(qos), "-C", "2"]);

        await again.SucceedAsync();
        Assert.Contains($"MSG mail one q{qos} r0", again.Output, StringComparison.Ordinal);
        Assert.Contains($"MSG mail two q{qos} r0", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_finds_its_answer()
    {
        OtherClient.RequireProgram("mosquitto_rr");
        await using OtherProcess server = Subscribe("mqttv5", "-t", "ask", "-C", "1", "-F", "MSG %t %p %R %D");
        await server.UntilAsync(Subscribed);
        await using OtherProcess client = OtherClient.Start("mosquitto_rr", [.. Address("mqttv5"), "-t", "ask", "-e", "answers/me", "-m", "what", "-W", "20"]);
        await server.SucceedAsync();
        Assert.Contains("MSG ask what answers/me", server.Output, StringComparison.Ordinal);

        await PublishAsync("mqttv5", "-t", "answers/me", "-m", "forty-two");

        await client.SucceedAsync();
        Assert.Contains("forty-two", client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_file_comes_through()
    {
        using var folder = new TempFolder();
        string path = folder.Write("large", string.Concat(Enumerable.Repeat("0123456789", 90_000)));
        await using OtherProcess subscriber = Subscribe("mqttv5", "-t", "file", "-q", "2", "-C", "1", "-F", "MSG %l");
        await subscriber.UntilAsync(Subscribed);

        await PublishAsync("mqttv5", "-t", "file", "-f", path, "-q", "2");

        await subscriber.SucceedAsync();
        Assert.Contains("MSG 900000", subscriber.Output, StringComparison.Ordinal);
    }

    private async Task UntilAsync(string topic, bool isKnown)
    {
        using var http = new HttpClient();
        await Eventually.Until($"the value of {topic} is known: {isKnown}", async () =>
            (await http.GetAsync(_broker.Http($"/topics/{topic}"), Eventually.Deadline())).IsSuccessStatusCode == isKnown);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string[] Jobs(OtherProcess subscriber) =>
        [.. subscriber.Output.Split('\n').Where(line => line.StartsWith("MSG jobs ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];

    private string[] Address(string version) =>
        ["-V", version, "-h", "127.0.0.1", "-p", Text(_broker.Address("Mqtt").Port)];

    private OtherProcess Subscribe(string version, params string[] arguments)
    {
        string[] format = arguments.Contains("-F") ? [] : ["-F", "MSG %t %p q%q r%r"];
        string[] qos = arguments.Contains("-q") ? [] : ["-q", "0"];

        // Line by line: into a pipe it would write only when it ends.
        return OtherClient.Start("stdbuf", ["-oL", "mosquitto_sub", .. Address(version), "-d", "-W", "60", .. format, .. qos, .. arguments]);
    }

    private async Task PublishAsync(string version, params string[] arguments)
    {
        await using OtherProcess publisher = OtherClient.Start("mosquitto_pub", [.. Address(version), .. arguments]);
        await publisher.SucceedAsync();
    }
}
