using System.CommandLine;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Cli;

/// <summary>The command line, the same for every host of the load.</summary>
public static class LoadTestCli
{
    /// <summary>Does what the arguments say.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="createHost">Who makes the load.</param>
    /// <param name="console">Who is told.</param>
    /// <returns>A <see cref="LoadExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var root = new RootCommand("Measures this broker: push against poll, and ordinary load.");
        root.Add(CompareCommand.Create(createHost, console));
        root.Add(ReportCommand.Create(console));
        root.Add(LoadCommands.Run(createHost, console));
        root.Add(LoadCommands.CapacityOf(createHost, console));
        root.Add(LoadCommands.SoakOf(createHost, console));
        root.Add(IsolationCommand.Create(createHost, console));
        root.Add(LoadCommands.List(console));
        ParseResult parsed = root.Parse(arguments);
        try
        {
            int exitCode = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? (int)LoadExitCode.Usage : exitCode;
        }
        catch (FormatException e)
        {
            console.Fault(e.Message);
            return (int)LoadExitCode.Usage;
        }
        catch (Exception e) when (e is BrokerStartException or IOException or HttpRequestException or TimeoutException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            console.Fault(e is OperationCanceledException ? "Interrupted." : e.Message);
            return (int)LoadExitCode.Failed;
        }
    }
}
