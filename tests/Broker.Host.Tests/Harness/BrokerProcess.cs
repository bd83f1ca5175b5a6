using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Broker.Host.Tests.Harness;

/// <summary>The real executable as a child process, in a folder of its own, on free ports unless told otherwise.</summary>
internal sealed partial class BrokerProcess : IAsyncDisposable
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigTerm = 15;

    private const string OtherBuild = "BROKER_TEST_EXECUTABLE";

    private readonly TempFolder _folder;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrokerProcess(Process process, TempFolder folder)
    {
        Process = process;
        _folder = folder;
    }

    /// <summary>Whether the tests are about another build than the one beside them.</summary>
    public static bool IsOtherBuild { get; } = Environment.GetEnvironmentVariable(OtherBuild) is not null;

    /// <summary>The one beside the tests, or another build of it (native code, a published folder) that the variable names.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable(OtherBuild)
        ?? Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host");

    public Process Process { get; }

    /// <summary>Its working directory.</summary>
    public TempFolder Folder => _folder;

    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    public string Error
    {
        get { lock (_error) return _error.ToString(); }
    }

    /// <summary>Starts it and waits for its ready line.</summary>
    /// <param name="arguments">Beside those that choose free ports, which come first, so that these may say otherwise.</param>
    public static Task<BrokerProcess> StartAsync(params string[] arguments) => StartAsync(new Dictionary<string, string>(), arguments);

    /// <summary>The same, with variables.</summary>
    public static async Task<BrokerProcess> StartAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        BrokerProcess broker = Launch(["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0", .. arguments], environment);
        try
        {
            await broker.ReadyAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync(); // one that is left over would make the others late, too
            throw;
        }
    }

    /// <summary>Starts it with what drives plain TCP connections; the test is skipped where there is no such driver.</summary>
    public static Task<BrokerProcess> StartOverAsync(string driver, params string[] arguments)
    {
        Assert.SkipUnless(driver != "Epoll" || OperatingSystem.IsLinux(), "Only Linux has epoll.");
        return StartAsync(["--Broker:Tcp:Driver", driver, .. arguments]);
    }

    /// <summary>Starts it with exactly these arguments.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">Variables to add.</param>
    /// <param name="files">Files to put into its working directory first.</param>
    /// <param name="launcher">A program to start it with, e.g. one that lowers limits.</param>
    /// <param name="prepare">What else is done with its working directory first.</param>
    public static BrokerProcess Launch(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlyDictionary<string, string>? files = null,
        IReadOnlyList<string>? launcher = null,
        Action<TempFolder>? prepare = null)
    {
        var folder = new TempFolder();
        foreach ((string name, string text) in files ?? new Dictionary<string, string>()) folder.Write(name, text);
        prepare?.Invoke(folder);
        string[] command = [.. launcher ?? [], .. AreSignalsIgnored() ? ["env", "--default-signal=HUP,INT"] : Array.Empty<string>(), Executable, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder.Path,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var broker = new BrokerProcess(new Process { StartInfo = start }, folder);
        broker.Run();
        return broker;
    }

    /// <summary>Starts it, waits for its end, and gives the exit code.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyDictionary<string, string>? files = null)
    {
        await using BrokerProcess broker = Launch(arguments, environment, files);
        int exitCode = await broker.ExitAsync();
        return (exitCode, broker.Output, broker.Error);
    }

    /// <summary>The ready line.</summary>
    public async Task<string> ReadyAsync()
    {
        try
        {
            return await _ready.Task.WaitAsync(Eventually.Patience);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"Not ready in time. stdout: {Output} stderr: {Error}");
        }
    }

    /// <summary>The real address of an endpoint, out of the ready line.</summary>
    public Uri Address(string endpoint)
    {
        string line = _ready.Task.Result;
        string part = line[line.IndexOf(": ", StringComparison.Ordinal)..].Split(", ").Select(one => one.Trim(':', ' ')).First(one => one.StartsWith(endpoint + " ", StringComparison.Ordinal));
        return new Uri(part[(endpoint.Length + 1)..]);
    }

    public Uri Http(string path) => new(Address("Http"), path);

    /// <summary>Where an endpoint that a reload opened is by now, out of the log.</summary>
    public Uri Opened(string endpoint)
    {
        string line = $"Endpoint {endpoint} is open at ";
        string error = Error;
        return new Uri(error[(error.LastIndexOf(line, StringComparison.Ordinal) + line.Length)..].Split('\n')[0].Trim());
    }

    public void Signal(int signal)
    {
        if (Kill(Process.Id, signal) != 0) throw new InvalidOperationException($"kill failed: {Marshal.GetLastPInvokeError().ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Gives it another <c>appsettings.json</c>, asks it to read that, and waits until its log has a text.</summary>
    public async Task ReloadAsync(string json, string told)
    {
        Folder.Write("appsettings.json", json);
        Signal(SigHup);
        await Eventually.Until(told, () => Error.Contains(told, StringComparison.Ordinal));
    }

    /// <summary>Waits for the end, with everything that was written.</summary>
    public async Task<int> ExitAsync(TimeSpan? patience = null)
    {
        await Process.WaitForExitAsync(Eventually.Deadline(patience));
        return Process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
        _folder.Dispose();
    }

    // Whoever runs the tests with nohup or in the background hands that down, and the signals would never arrive.
    private static bool AreSignalsIgnored()
    {
        const string Mask = "SigIgn:";
        if (!File.Exists("/proc/self/status")) return false;
        string? ignored = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Mask, StringComparison.Ordinal));
        return ignored is not null && (ulong.Parse(ignored[Mask.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b11) != 0; // SIGHUP, SIGINT
    }

    private void Run()
    {
        Process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _ready.TrySetException(new InvalidOperationException($"It ended without being ready: {Error}"));
                return;
            }

            lock (_output) _output.AppendLine(line.Data);
            if (line.Data.StartsWith("Broker ready:", StringComparison.Ordinal)) _ready.TrySetResult(line.Data);
        };
        Process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (_error) _error.AppendLine(line.Data);
        };
        Process.Start();
        Process.StandardInput.Close();
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
        _ = _ready.Task.Exception; // a test that only looks at the exit code does not look at it
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
