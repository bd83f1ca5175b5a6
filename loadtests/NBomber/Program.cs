using Broker.LoadTests.Cli;
using Broker.LoadTests.NBomber;

// A licence key goes to NBomber, everything else is this program's own: --license KEY, or the variable NBOMBER_LICENSE.
(string? license, string[] arguments) = NBomberLicense.Take(args, Environment.GetEnvironmentVariable("NBOMBER_LICENSE"));
return await LoadTestCli.RunAsync(arguments, scheduler => new NBomberHost(scheduler, license), new PlainConsole(Console.Out, Console.Error));
