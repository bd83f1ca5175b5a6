using System.Diagnostics;
using System.Globalization;
using Broker.Core.Protocol;
using Broker.Crash;
using Broker.Testing.Wire;

namespace Broker.Storage.Tests;

/// <summary>The real broker with a store, on a port of its own.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;

    private HostProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="launcher">What it is started with, or nothing.</param>
    /// <param name="settings">Further arguments.</param>
    public static HostProcess Start(string folder, IReadOnlyList<string>? launcher = null, params string[] settings)
    {
        string[] command =
        [
            .. launcher ?? [], Program, "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "", "--Broker:Storage:Path", folder,
            "--Logging:LogLevel:Default", "Error", .. settings,
        ];
        Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!; // it is there, or this throws
        const string before = "mqtt://127.0.0.1:";
        while (process.StandardOutput.ReadLine() is { } line)
        {
            int at = line.IndexOf(before, StringComparison.Ordinal);
            if (at >= 0) return new HostProcess(process, int.Parse([.. line[(at + before.Length)..].TakeWhile(char.IsAsciiDigit)], CultureInfo.InvariantCulture));
        }

        throw new InvalidOperationException("The broker ended before it was ready");
    }

    /// <summary>Runs a command of the broker, and gives its exit code and what it said.</summary>
    public static (int ExitCode, string Output) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!; // it is there, or this throws
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>Connects to a session that is kept.</summary>
    public Link Connect(string clientId, out bool isPresent)
    {
        var options = new ConnectOptions { ClientId = clientId, Version = ProtocolVersion.V5, CleanStart = false, Properties = new Properties().SessionExpiryInterval(3_600) };
        return Link.TryConnect(Port, options, out isPresent) ?? throw new IOException($"{clientId} was not accepted");
    }

    /// <summary>Ends it without a word, as a crash does.</summary>
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Program => CampaignOptions.OwnCommand[0];
}
