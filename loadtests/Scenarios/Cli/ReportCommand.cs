using System.CommandLine;
using Broker.LoadTests.Reports;

namespace Broker.LoadTests.Cli;

/// <summary><c>report</c>: makes the report anew from what was measured, also in pieces.</summary>
internal static class ReportCommand
{
    public static Command Create(ILabConsole console)
    {
        var files = new Argument<string[]>("run.json") { Description = "one or more, of the same profile and machine", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--output") { Description = "the folder to put the report's folder into (default loadtests/reports)" };
        var command = new Command("report", "Puts measurements that were made in pieces together into one report.") { files, output };
        command.SetAction(parsed =>
        {
            LabReport report = ReportFolder.Merge([.. parsed.GetValue(files)!.Select(ReportFolder.Read)]); // at least one
            string folder = ReportFolder.Create(parsed.GetValue(output), DateTimeOffset.Now);
            ReportFolder.Write(folder, report);
            return (int)CompareCommand.Tell(console, report, folder);
        });
        return command;
    }
}
