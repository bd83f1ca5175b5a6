using System.CommandLine;
using Broker.Core;
using Broker.Storage;

namespace Broker.Host.Commands;

/// <summary><c>store info|verify|export|import</c>: looks at a durable store, copies it while a broker uses it, saves what a damaged one still has.</summary>
internal static class StoreCommand
{
    /// <summary>Builds it.</summary>
    public static Command Build() => new("store", "Look at a durable store, copy it, or save what a damaged one still has.") { Info(), Verify(), Export(), Import() };

    private static Command Info()
    {
        Option<string> path = PathOption();
        var command = new Command("info", "Say what is in a store, also while a broker uses it.") { path };
        command.SetAction(result => Run(result, output =>
        {
            using SqliteLog log = SqliteLog.OpenForReading(result.GetValue(path)!);
            RecoverySummary summary = RecoverySummary.Read(log.Read);
            output.WriteLine($"folder: {log.Folder}");
            output.WriteLine($"format: {SqliteLog.FormatVersion}");
            output.WriteLine($"bytes on the disk: {log.SizeBytes}");
            output.WriteLine($"bytes of records: {summary.Bytes}");
            output.WriteLine($"last commit: {log.LastCommit}");
            output.WriteLine($"sessions: {summary.Sessions}");
            output.WriteLine($"queued messages: {summary.Queued}");
            output.WriteLine($"retained messages: {summary.Retained}");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Verify()
    {
        Option<string> path = PathOption();
        var command = new Command("verify", "Check every commit of a store and the file itself; exit code 1 if anything is wrong.") { path };
        command.SetAction(result => Run(result, output =>
        {
            using SqliteLog log = SqliteLog.OpenForReading(result.GetValue(path)!);
            List<string> faults = [.. log.CheckIntegrity()];
            long commits = 0;
            log.Read((_, _) => commits++, faults.Add);
            foreach (string fault in faults) output.WriteLine(fault);
            output.WriteLine(faults.Count == 0 ? $"sound: {commits} commits" : $"damaged: {commits} commits can be read; see store export --salvage");
            return faults.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        }));
        return command;
    }

    private static Command Export()
    {
        Option<string> path = PathOption();
        var to = new Option<string>("--to") { Required = true, Description = "A folder that does not exist or is empty; it becomes a store itself." };
        var salvage = new Option<bool>("--salvage") { Description = "Leave out what is damaged, and say what that was." };
        var command = new Command("export", "Copy a store, also while a broker uses it.") { path, to, salvage };
        command.SetAction(result => Run(result, output =>
        {
            string target = NewFolder(result.GetValue(to)!);
            using SqliteLog log = SqliteLog.OpenForReading(result.GetValue(path)!);
            if (!result.GetValue(salvage))
            {
                log.Read((_, _) => { }); // a copy of something damaged would be no backup
                log.CopyTo(Path.Combine(target, SqliteLog.FileName));
                output.WriteLine($"copied up to commit {log.LastCommit} to {target}");
                return ExitCode.Success;
            }

            int faults = 0;
            using SqliteLog saved = SqliteLog.Open(target, alwaysSyncs: true);
            log.Read((_, records) => saved.Write(saved.LastCommit + 1, records.Span, sync: false), fault =>
            {
                faults++;
                output.WriteLine($"left out: {fault}");
            });
            output.WriteLine($"saved {saved.LastCommit} commits to {target}, {faults} fault(s)");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Import()
    {
        Option<string> path = PathOption();
        var from = new Option<string>("--from") { Required = true, Description = "The folder of an exported store." };
        var command = new Command("import", "Put an exported store where a broker will find it; the folder must not hold one.") { path, from };
        command.SetAction(result => Run(result, output =>
        {
            string target = NewFolder(result.GetValue(path)!);
            using SqliteLog log = SqliteLog.OpenForReading(result.GetValue(from)!);
            log.Read((_, _) => { });
            log.CopyTo(Path.Combine(target, SqliteLog.FileName));
            output.WriteLine($"copied up to commit {log.LastCommit} to {target}");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Option<string> PathOption() => new("--path") { Required = true, Description = "The store's folder, as in Broker:Storage:Path." };

    private static string NewFolder(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(Path.Combine(full, SqliteLog.FileName))) throw new StoreException($"{full} holds a store already; choose another folder, or move that one away");
        Directory.CreateDirectory(full);
        return full;
    }

    private static int Run(ParseResult result, Func<TextWriter, int> action)
    {
        try
        {
            return action(result.InvocationConfiguration.Output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            result.InvocationConfiguration.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }
}
