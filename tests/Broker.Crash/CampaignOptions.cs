namespace Broker.Crash;

/// <summary>What a campaign does.</summary>
internal sealed record CampaignOptions
{
    /// <summary>How often the broker is killed.</summary>
    public int Cycles { get; init; } = 20;

    /// <summary>Chooses the moments; the threads and the disk do the rest, so a run is not repeated exactly.</summary>
    public int Seed { get; init; } = 1;

    public int Publishers { get; init; } = 4;

    /// <summary>Unfinished publications of one publisher.</summary>
    public int Window { get; init; } = 10;

    /// <summary>The longest that the broker lives in one cycle.</summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The program and its arguments; <c>{port}</c> and <c>{folder}</c> are filled in.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>
    /// What the program is started with in each cycle, e.g. a tracer that makes a system call fail; it then ends by itself, and is
    /// not killed. Null: it is killed.
    /// </summary>
    public Func<int, IReadOnlyList<string>>? Launcher { get; init; }

    /// <summary>The disk whose power is cut in each cycle; the campaign disposes it. Null: only the broker is killed.</summary>
    public LoopDisk? Disk { get; init; }

    /// <summary>Variables for the program.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The system calls that have the disk confirm something.</summary>
    public static string[] Syncs { get; } = ["fsync", "fdatasync"];

    /// <summary>The first syncs are those that the start measures the disk with: if they fail, nothing does.</summary>
    public const int ProbeSyncs = 15;

    /// <summary>The system calls that write to files; sockets have others.</summary>
    public static string[] Writes { get; } = ["pwrite64", "pwritev"];

    /// <summary>Starts a program that the tracer ends, or lets fail, at one of its system calls.</summary>
    /// <param name="calls">The system calls that count.</param>
    /// <param name="effect">What strace does at one of them, e.g. <c>signal=KILL</c>, <c>error=EIO</c>, <c>retval=100</c>.</param>
    /// <param name="when">At which, counted from 1.</param>
    public static IReadOnlyList<string> At(string[] calls, string effect, int when)
    {
        string names = string.Join(',', calls);
        return ["strace", "-f", "-o", "/dev/null", "-e", $"trace={names}", "-e", $"inject={names}:{effect}:when={when}"];
    }

    /// <summary>Starts a program whose files cannot grow beyond a size: the write that passes it is a short one, and the next fails.</summary>
    /// <param name="kilobytes">The size.</param>
    public static IReadOnlyList<string> WithFilesUpTo(int kilobytes) =>
        ["env", "DOTNET_EnableWriteXorExecute=0", "bash", "-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", $"{kilobytes}"]; // the runtime would make a large file of its own

    /// <summary>The broker beside this program, with a store and every promise kept.</summary>
    public static IReadOnlyList<string> OwnCommand { get; } =
    [
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host"),
        "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:{port}", "--Broker:Endpoints:Http:Url", "", "--Broker:Storage:Path", "{folder}",
        "--Broker:Storage:CheckpointBytes", "262144", "--Logging:LogLevel:Default", "Warning",
    ];
}
