using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Testing;

namespace Broker.Attack;

/// <summary>A broker as a process of its own, with what it takes from the machine. Figures are 0 where there is no <c>/proc</c>.</summary>
internal class BrokerUnderTest : IDisposable
{
    /// <summary>What attacks write behind a line break, so that it can be told from what the broker writes.</summary>
    public const string Forged = "forged";

    private const string Mqtt = "mqtt";
    private const double MillisecondsPerTick = 10; // Linux counts the time of processes in hundredths of a second
    private const int UserTimeField = 11; // behind the closing bracket of the name, from 0
    private static readonly TimeSpan _startPatience = TimeSpan.FromMinutes(1); // a test starts many processes at a time
    private readonly Process? _process;
    private readonly IReadOnlyDictionary<string, int> _ports;
    private volatile string? _logFault;

    protected BrokerUnderTest(int port)
    {
        _ports = new Dictionary<string, int> { [Mqtt] = port };
        Folder = "";
    }

    private BrokerUnderTest(Process process, string folder, IReadOnlyDictionary<string, int> ports)
    {
        _process = process;
        _ports = ports;
        Folder = folder;
    }

    /// <summary>Where MQTT is spoken without TLS.</summary>
    public int Port => PortOf(Mqtt);

    /// <summary>Its working directory.</summary>
    public string Folder { get; }

    /// <summary>The first line that it wrote as an attacker would have it: with control characters in it, or one that begins with <see cref="Forged"/>. Null if there is none.</summary>
    public string? LogFault => _logFault;

    /// <summary>How long anything may take that the broker has to do at once; generous, for machines under load.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    public bool HasEnded => _process?.HasExited == true;

    /// <summary>Resident memory in MiB.</summary>
    public double Megabytes => ReadStatus("VmRSS:") / 1_024;

    /// <summary>Open descriptors.</summary>
    public int Descriptors => HasFigures ? Directory.EnumerateFileSystemEntries($"/proc/{Id}/fd").Count() : 0;

    /// <summary>Seconds of processor time so far.</summary>
    public double CpuSeconds
    {
        get
        {
            if (!HasFigures) return 0;
            string stat = File.ReadAllText($"/proc/{Id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (double.Parse(fields[UserTimeField], CultureInfo.InvariantCulture) + double.Parse(fields[UserTimeField + 1], CultureInfo.InvariantCulture)) * MillisecondsPerTick / 1_000;
        }
    }

    private bool HasFigures => _process is { HasExited: false } && Directory.Exists($"/proc/{Id}");

    private string Id => _process!.Id.ToString(CultureInfo.InvariantCulture); // asked for where there is one

    /// <summary>Starts a broker and waits until each of its ports can be reached: it may open them one after the other.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="files">Files that its folder gets first.</param>
    /// <param name="setting">What it is configured with.</param>
    public static async Task<BrokerUnderTest> StartAsync(BrokerKind kind, IReadOnlyDictionary<string, string> files, AttackSetting setting)
    {
        string folder = Directory.CreateTempSubdirectory("broker-attack-").FullName;
        Dictionary<string, int> ports = PortNames(setting).ToDictionary(name => name, _ => LoopbackPort.Free());
        foreach ((string name, string text) in files) File.WriteAllText(Path.Combine(folder, name), Fill(text));
        (string program, string[] arguments) = kind.Command(setting);
        var start = new ProcessStartInfo(program, arguments.Select(Fill)) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var broker = new BrokerUnderTest(Process.Start(start)!, folder, ports);
        broker._process!.OutputDataReceived += (_, line) => broker.Wrote(line.Data);
        broker._process.ErrorDataReceived += (_, line) => broker.Wrote(line.Data);
        broker._process.BeginOutputReadLine();
        broker._process.BeginErrorReadLine();
        foreach (int listener in ports.Values) await broker.ReachAsync(listener);
        return broker;

        string Fill(string text) => ports.Aggregate(
            text.Replace("{folder}", folder, StringComparison.Ordinal),
            (filled, port) => filled.Replace($"{{{port.Key}}}", port.Value.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    /// <summary>The port of <c>mqtt</c>, <c>websocket</c>, and where there is TLS <c>mqtts</c> and <c>https</c>.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    public int PortOf(string name) => _ports.TryGetValue(name, out int port) ? port : throw new FormatException($"there is no port '{name}' here");

    /// <summary>A token that fires when patience is over.</summary>
    public CancellationToken Deadline() => new CancellationTokenSource(Patience).Token;

    public virtual void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_process is null) return;
        Stop();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Ends the broker, and waits until everything was read that it wrote.</summary>
    public void Stop()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Looks at a line that it wrote.</summary>
    protected void Wrote(string? line)
    {
        if (line is null || _logFault is not null) return;
        bool isForged = line.AsSpan().TrimStart().StartsWith(Forged, StringComparison.Ordinal) || line.Any(letter => char.IsControl(letter) && letter != '\t');
        if (isForged) _logFault = string.Concat(line.Select(letter => char.IsControl(letter) ? "\\x" + ((int)letter).ToString("x2", CultureInfo.InvariantCulture) : letter.ToString()));
    }

    private static string[] PortNames(AttackSetting setting) =>
        setting == AttackSetting.WithCertificates ? [Mqtt, "websocket", "mqtts", "https"] : [Mqtt, "websocket"];

    private async Task ReachAsync(int port)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (HasEnded) throw new InvalidOperationException("The broker ended before it was there");
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (watch.Elapsed < _startPatience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private double ReadStatus(string key)
    {
        if (!HasFigures) return 0;
        string? line = File.ReadLines($"/proc/{Id}/status").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
