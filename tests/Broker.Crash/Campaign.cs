using System.Collections.Concurrent;
using System.Diagnostics;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>Kills a broker again and again while clients publish, subscribe, come back and leave wills, then looks at what they saw.</summary>
internal sealed class Campaign : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    private readonly CampaignOptions _options;
    private readonly Random _random;
    private readonly History _history = new();
    private readonly int _port = LoopbackPort.Free();
    private readonly string _folder;
    private readonly CrashPublisher[] _publishers;
    private readonly CrashSubscriber[] _subscribers;
    private readonly CrashWill _will;
    private readonly ConcurrentQueue<string> _errors = new();
    private Process? _process;

    public Campaign(CampaignOptions options)
    {
        _options = options;
        _folder = options.Disk?.MountPoint ?? Directory.CreateTempSubdirectory("broker-crash-").FullName;
        _random = new Random(options.Seed);
        _publishers = [.. Enumerable.Range(0, options.Publishers).Select(i => new CrashPublisher(i, _port, options.Window, _history))];
        _subscribers =
        [
            new CrashSubscriber("once", QualityOfService.ExactlyOnce, isRestless: false, 1, _port, _history),
            new CrashSubscriber("at-least-once", QualityOfService.AtLeastOnce, isRestless: false, 2, _port, _history),
            new CrashSubscriber("restless", QualityOfService.ExactlyOnce, isRestless: true, options.Seed, _port, _history),
        ];
        _will = new CrashWill(options.Seed, _port, _history);
    }

    /// <summary>Runs it.</summary>
    /// <param name="tell">Is told how far it is.</param>
    public Verdict Run(Action<string> tell)
    {
        StartBroker([]);
        foreach (CrashSubscriber subscriber in _subscribers) subscriber.Start();
        WaitFor("the subscriptions", () => _subscribers.All(subscriber => subscriber.IsSubscribed));
        foreach (CrashPublisher publisher in _publishers) publisher.Start();
        _will.Start();
        for (int cycle = 1; cycle <= _options.Cycles; cycle++)
        {
            if (_options.Launcher is { } launcher) FailIn(launcher(cycle));
            else Kill();
            if (cycle % 20 == 0) tell($"{cycle} cycles, {_history.AcknowledgedCount} acknowledged");
        }

        Calm();
        Verdict verdict = _history.Check(Retained(), _options.Cycles);
        Stop();
        return verdict;
    }

    /// <summary>How the broker ended in each cycle in which it ended by itself.</summary>
    public List<int> ExitCodes { get; } = [];

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        if (_options.Disk is { } disk) disk.Dispose();
        else Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Kills the broker at a random moment, and starts it again.</summary>
    private void Kill()
    {
        long before = _history.AcknowledgedCount;
        WaitFor("an acknowledgement", () => _history.AcknowledgedCount > before); // or nothing would be at stake
        Thread.Sleep(_random.Next((int)_options.Life.TotalMilliseconds));
        End();
        StartBroker([]);
    }

    /// <summary>Starts the broker so that it ends by itself, waits for that, and starts it again.</summary>
    private void FailIn(IReadOnlyList<string> launcher)
    {
        End();
        StartBroker(launcher);
        WaitFor("the end of the broker", () => _process!.HasExited);
        ExitCodes.Add(_process!.ExitCode);
        StartBroker([]);
        long before = _history.AcknowledgedCount;
        WaitFor("an acknowledgement", () => _history.AcknowledgedCount > before);
    }

    private void End()
    {
        if (_options.Disk is { } disk)
        {
            disk.Cut(_process!); // one was started before
            return;
        }

        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Publishers take what they began to its end, and subscribers get what is left; what does not come in time is lost.</summary>
    private void Calm()
    {
        foreach (CrashSubscriber subscriber in _subscribers) subscriber.CalmDown();
        foreach (CrashPublisher publisher in _publishers) publisher.Finish();
        _will.CalmDown();
        TryWaitFor(() => _publishers.All(publisher => publisher.IsFinished), _patience);
        TryWaitFor(() => _history.IsComplete, TimeSpan.FromSeconds(10));
    }

    private void Stop()
    {
        foreach (CrashClient client in (CrashClient[])[.. _publishers, .. _subscribers, _will]) client.Stop();
    }

    /// <summary>What somebody finds who subscribes only now.</summary>
    private Dictionary<int, long> Retained()
    {
        Dictionary<int, long> found = [];
        using Link? link = Link.TryConnect(_port, new ConnectOptions { ClientId = "late" }, out _);
        if (link is null) return found;
        link.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "c/+/r", QualityOfService.AtMostOnce));
        while (link.Receive(TimeSpan.FromSeconds(2)) is { } packet)
        {
            if (packet is ServerPacket.Publish { Retain: true } publish && Payload.TryRead(publish.Payload, out int publisher, out long number)) found[publisher] = number;
            if (found.Count == _publishers.Length) break;
        }

        return found;
    }

    private void StartBroker(IReadOnlyList<string> launcher)
    {
        _process?.Dispose();
        string[] command = [.. launcher, .. _options.Command.Select(part => part.Replace("{port}", $"{_port}", StringComparison.Ordinal).Replace("{folder}", _folder, StringComparison.Ordinal))];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        foreach ((string name, string value) in _options.Environment) start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) _errors.Enqueue(line.Data);
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void WaitFor(string what, Func<bool> condition)
    {
        if (TryWaitFor(condition, _patience)) return;
        string state = _process!.HasExited ? $"ended with {_process.ExitCode}" : "runs";
        throw new TimeoutException($"Not in time: {what}. The broker {state} and said: {string.Join(Environment.NewLine, _errors.TakeLast(10))}");
    }

    private static bool TryWaitFor(Func<bool> condition, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > patience) return false;
            Thread.Sleep(_look);
        }

        return true;
    }
}
