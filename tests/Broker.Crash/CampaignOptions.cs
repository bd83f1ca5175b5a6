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

    /// <summary>Variables for the program.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Starts a program that the tracer ends, or lets fail, at one of its syncs.</summary>
    /// <param name="effect">What strace does at that sync, e.g. <c>signal=KILL</c> or <c>error=EIO</c>.</param>
    /// <param name="sync">Which sync, counted from 1.</param>
    public static IReadOnlyList<string> AtSync(string effect, int sync) =>
        ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:{effect}:when={sync}"];

    /// <summary>The broker beside this program, with a store and every promise kept.</summary>
    public static IReadOnlyList<string> OwnCommand { get; } =
    [
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host"),
        "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:{port}", "--Broker:Endpoints:Http:Url", "", "--Broker:Storage:Path", "{folder}",
        "--Broker:Storage:CheckpointBytes", "262144", "--Logging:LogLevel:Default", "Warning",
    ];
}
