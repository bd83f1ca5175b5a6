using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Interop;

namespace Broker.Client.Tests;

/// <summary>The samples, run as their README says, against a freshly started broker.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task Device_and_dashboard_show_the_values_and_the_presence()
    {
        using var folder = new TempFolder();
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using OtherProcess dashboard = Run("Dashboard", broker.Address, "device-7");
        await using OtherProcess device = Run("Device", broker.Address, "device-7", Path.Combine(folder.Path, "outbox"));

        await device.UntilAsync("device-7 is Connected");
        await dashboard.UntilAsync("device-7 is online (connected)");
        await dashboard.UntilAsync("plant/device-7/temp = ");
        device.Kill();
        await dashboard.UntilAsync("device-7 is offline");
    }

    [Fact]
    public async Task A_request_is_answered_refused_and_listed()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using OtherProcess server = Run("RequestResponse", "serve", "0", "0", broker.Address);
        await server.UntilAsync("answers on math/divide");

        await using OtherProcess asks = Run("RequestResponse", "ask", "6", "3", broker.Address);
        await using OtherProcess fails = Run("RequestResponse", "ask", "6", "0", broker.Address);

        await asks.UntilAsync("2");
        await fails.UntilAsync("division-by-zero: 6 by nothing");
        await asks.SucceedAsync();
        await fails.SucceedAsync();
        await Eventually.Until("it is listed", async () => // a list ends when nothing new has come for a second; a busy machine may take longer
        {
            await using OtherProcess lists = Run("RequestResponse", "list", "0", "0", broker.Address);
            await lists.SucceedAsync();
            return lists.Output.Contains("math/divide 1 by broker-client-", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Workers_that_are_pushed_and_workers_that_pull_share_the_jobs()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using BrokerClient observer = await Clients.ConnectAsync(broker.Address);
        await using OtherProcess pushed = Run("WorkQueue", "process", "0", broker.Address);
        await using OtherProcess pulling = Run("WorkQueue", "pull", "0", broker.Address);
        await pushed.UntilAsync("processes");
        await pulling.UntilAsync("pulls");

        int submitted = 0;
        await Eventually.Until("both have worked", async () =>
        {
            await observer.PublishAsync("jobs/resize", new { number = 1000 + submitted, file = $"early-{submitted++}.png" });
            return pushed.Output.Contains("resized", StringComparison.Ordinal) && pulling.Output.Contains("resized", StringComparison.Ordinal);
        });
        await using OtherProcess submits = Run("WorkQueue", "submit", "20", broker.Address);
        await submits.SucceedAsync();

        await Eventually.Until("all are done", () => Enumerable.Range(0, 20).All(i => (pushed.Output + pulling.Output).Contains($"resized image-{i}.png", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_program_that_can_be_native_does_everything_without_reflection()
    {
        await using AnyBroker broker = await AnyBroker.StartAsync();
        await using OtherProcess program = Run("Broker.Client.Native", broker.Address);

        await program.SucceedAsync();
        await program.UntilAsync("native: all is well");
    }

    [Theory]
    [InlineData("Device")]
    [InlineData("Dashboard")]
    [InlineData("RequestResponse")]
    [InlineData("WorkQueue")]
    public void A_sample_is_short(string name)
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Broker.sln"))) root = Path.GetDirectoryName(root);
        if (root is null) Assert.Skip("The sources are not above the tests' output");

        Assert.InRange(File.ReadAllLines(Path.Combine(root, "samples", name, "Program.cs")).Length, 1, 59);
    }

    private static OtherProcess Run(string sample, params string[] arguments) =>
        new(Path.Combine(AppContext.BaseDirectory, "samples", OperatingSystem.IsWindows() ? sample + ".exe" : sample), arguments);
}
