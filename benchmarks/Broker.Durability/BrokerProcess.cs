using System.Diagnostics;
using System.Globalization;

namespace Broker.Durability;

/// <summary>The broker as a process of its own, on a free port.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, int port, TimeSpan ready)
    {
        _process = process;
        Port = port;
        Ready = ready;
    }

    public int Port { get; }

    /// <summary>How long it took until it said that it is ready.</summary>
    public TimeSpan Ready { get; }

    /// <summary>Processor time that it used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory that it had at once.</summary>
    public long PeakBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    public static BrokerProcess Start(params IReadOnlyList<string> arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host");
        var watch = Stopwatch.StartNew();
        Process process = Process.Start(new ProcessStartInfo(
            program,
            ["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "", "--Logging:LogLevel:Default", "Error", .. arguments])
        {
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException($"{program} did not start");
        const string before = "mqtt://127.0.0.1:";
        while (process.StandardOutput.ReadLine() is { } line)
        {
            int at = line.IndexOf(before, StringComparison.Ordinal);
            if (at < 0) continue;
            string port = new([.. line[(at + before.Length)..].TakeWhile(char.IsAsciiDigit)]);
            return new BrokerProcess(process, int.Parse(port, CultureInfo.InvariantCulture), watch.Elapsed);
        }

        throw new InvalidOperationException("The broker ended before it was ready");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
