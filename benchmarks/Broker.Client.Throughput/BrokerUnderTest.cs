using System.Diagnostics;
using System.Globalization;

namespace Broker.Client.Throughput;

/// <summary>The broker as a process of its own, on a free port.</summary>
internal sealed class BrokerUnderTest : IAsyncDisposable
{
    private readonly Process _process;

    private BrokerUnderTest(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public static async Task<BrokerUnderTest> StartAsync()
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host");
        var process = Process.Start(new ProcessStartInfo(program, ["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", ""]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        const string before = "mqtt://127.0.0.1:";
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            int at = line.IndexOf(before, StringComparison.Ordinal);
            if (at < 0) continue;
            string port = new([.. line[(at + before.Length)..].TakeWhile(char.IsAsciiDigit)]);
            return new BrokerUnderTest(process, int.Parse(port, CultureInfo.InvariantCulture));
        }

        throw new InvalidOperationException("The broker ended before it was ready");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
