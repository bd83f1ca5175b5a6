using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Broker.Attack;

/// <summary>A broker as a process of its own, with what it takes from the machine. Figures are 0 where there is no <c>/proc</c>.</summary>
internal class BrokerUnderTest : IDisposable
{
    private const double MillisecondsPerTick = 10; // Linux counts the time of processes in hundredths of a second
    private const int UserTimeField = 11; // behind the closing bracket of the name, from 0
    private static readonly TimeSpan _startPatience = TimeSpan.FromMinutes(1); // a test starts many processes at a time
    private readonly Process? _process;
    private readonly string _folder;

    protected BrokerUnderTest(int port)
    {
        Port = port;
        _folder = "";
    }

    private BrokerUnderTest(Process process, string folder, int port, int webSocketPort)
    {
        _process = process;
        _folder = folder;
        Port = port;
        WebSocketPort = webSocketPort;
    }

    public int Port { get; }

    /// <summary>How long anything may take that the broker has to do at once; generous, for machines under load.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    public int WebSocketPort { get; }

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
    /// <param name="withRights">Whether it asks who somebody is, and what he may do.</param>
    public static async Task<BrokerUnderTest> StartAsync(BrokerKind kind, IReadOnlyDictionary<string, string> files, bool withRights)
    {
        string folder = Directory.CreateTempSubdirectory("broker-attack-").FullName;
        int port = FreePort();
        int webSocketPort = FreePort();
        foreach ((string name, string text) in files) File.WriteAllText(Path.Combine(folder, name), Fill(text));
        (string program, string[] arguments) = kind.Command(withRights);
        var start = new ProcessStartInfo(program, arguments.Select(Fill)) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var broker = new BrokerUnderTest(Process.Start(start)!, folder, port, webSocketPort);
        broker._process!.OutputDataReceived += (_, _) => { };
        broker._process.ErrorDataReceived += (_, _) => { };
        broker._process.BeginOutputReadLine();
        broker._process.BeginErrorReadLine();
        foreach (int listener in new[] { port, webSocketPort }) await broker.ReachAsync(listener);
        return broker;

        string Fill(string text) => text
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{wsport}", webSocketPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{folder}", folder, StringComparison.Ordinal);
    }

    /// <summary>A token that fires when patience is over.</summary>
    public CancellationToken Deadline() => new CancellationTokenSource(Patience).Token;

    public virtual void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_process is null) return;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

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

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
