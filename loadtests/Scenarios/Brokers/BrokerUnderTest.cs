using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Broker.LoadTests.Brokers;

/// <summary>The broker that is measured: a process of its own, started for this run, or one that ran already.</summary>
public sealed class BrokerUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly Process? _process;
    private readonly string? _folder;

    private BrokerUnderTest(EndPoint mqtt, Uri? http, ProcessMeter? meter, Process? process, string? folder)
    {
        Mqtt = mqtt;
        Http = http;
        Meter = meter;
        _process = process;
        _folder = folder;
    }

    public EndPoint Mqtt { get; }

    /// <summary>Where it answers polls; null for a broker that does not.</summary>
    public Uri? Http { get; }

    /// <summary>Another endpoint of this repository's broker, by its name.</summary>
    public EndPoint Endpoint(string name) => new IPEndPoint(IPAddress.Loopback, Address(Ready, name).Port);

    private string Ready { get; init; } = "";

    /// <summary>What it uses; null for one that runs elsewhere.</summary>
    public ProcessMeter? Meter { get; }

    /// <exception cref="BrokerStartException">It cannot be started or reached.</exception>
    public static async Task<BrokerUnderTest> StartAsync(BrokerChoice choice, CpuPinning? pinning, CancellationToken cancellation)
    {
        if (choice.Mqtt is { } target)
        {
            var address = new DnsEndPoint(target.Host, target.Port > 0 ? target.Port : 1883);
            ProcessMeter? meter = choice.ProcessId is { } id ? new ProcessMeter(id) : null;
            return new BrokerUnderTest(address, choice.Http, meter, null, null);
        }

        string folder = Directory.CreateTempSubdirectory("broker-load-").FullName;
        try
        {
            return choice.Broker == BrokerChoice.Own
                ? await StartOwnAsync(choice, pinning, folder, cancellation)
                : await StartOtherAsync(choice.Broker, pinning, folder, cancellation);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited) _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private static async Task<BrokerUnderTest> StartOwnAsync(BrokerChoice choice, CpuPinning? pinning, string folder, CancellationToken cancellation)
    {
        string executable = choice.Executable ?? Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host");
        if (!File.Exists(executable)) throw new BrokerStartException($"There is no broker at {executable}. Build it (dotnet build -c Release), or name one with --executable, or one that runs with --target.");
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var errors = new ConcurrentQueue<string>();
        Process process = Launch(
            [.. pinning?.Prefix ?? [], executable, "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "Warning", .. choice.Arguments],
            folder,
            line =>
            {
                if (line is null) ready.TrySetException(new BrokerStartException($"The broker ended before it was ready: {string.Join(" ", errors)}"));
                else if (line.StartsWith("Broker ready:", StringComparison.Ordinal)) ready.TrySetResult(line);
            },
            errors.Enqueue);
        try
        {
            string line = await ready.Task.WaitAsync(_patience, cancellation);
            Uri mqtt = Address(line, "Mqtt");
            return new BrokerUnderTest(new IPEndPoint(IPAddress.Loopback, mqtt.Port), Address(line, "Http"), new ProcessMeter(process.Id), process, folder) { Ready = line };
        }
        catch
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
            throw;
        }
    }

    private static async Task<BrokerUnderTest> StartOtherAsync(string broker, CpuPinning? pinning, string folder, CancellationToken cancellation)
    {
        int port = FreePort();
        string[] command = broker == BrokerChoice.Mosquitto
            ? [Find("mosquitto", "/usr/sbin/mosquitto"), "-c", Configuration(folder, port)]
            : broker.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (broker != BrokerChoice.Mosquitto && !broker.Contains("{port}", StringComparison.Ordinal))
            throw new BrokerStartException($"'{broker}' is no broker that is known here ({BrokerChoice.Own}, {BrokerChoice.Mosquitto}), and no command line with {{port}} in it.");
        var errors = new ConcurrentQueue<string>();
        Process process = Launch([.. pinning?.Prefix ?? [], .. command], folder, _ => { }, errors.Enqueue);
        var address = new IPEndPoint(IPAddress.Loopback, port);
        var watch = Stopwatch.StartNew();
        while (!await AnswersAsync(address, cancellation))
        {
            if (!process.HasExited && watch.Elapsed < _patience) continue;
            if (!process.HasExited) process.Kill();
            process.Dispose();
            throw new BrokerStartException($"'{broker}' did not listen on port {port}: {string.Join(" ", errors)}");
        }

        return new BrokerUnderTest(address, null, new ProcessMeter(process.Id), process, folder);
    }

    private static string Configuration(string folder, int port)
    {
        string path = Path.Combine(folder, "mosquitto.conf");
        // No limit of its own on what waits for a subscriber: the scenarios ask for that themselves.
        File.WriteAllText(path, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\nlog_dest none\n");
        return path;
    }

    private static Process Launch(IReadOnlyList<string> command, string folder, Action<string?> output, Action<string> error)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => output(line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text) error(text);
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            process.Dispose();
            throw new BrokerStartException($"'{command[0]}' could not be started: {e.Message}");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static Uri Address(string ready, string endpoint) =>
        new(ready[ready.IndexOf(':', StringComparison.Ordinal)..].Split(", ").Select(part => part.Trim(':', ' ')).First(part => part.StartsWith(endpoint + " ", StringComparison.Ordinal))[(endpoint.Length + 1)..]);

    private static string Find(string name, string otherwise) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? otherwise;

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<bool> AnswersAsync(EndPoint address, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return true;
        }
        catch (SocketException)
        {
            await Task.Delay(20, cancellation);
            return false;
        }
    }
}
