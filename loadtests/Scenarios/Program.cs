using Broker.LoadTests.Cli;
using Broker.LoadTests.Engine;

return await LoadTestCli.RunAsync(args, scheduler => new BuiltInHost(scheduler), new SpectreConsole());
