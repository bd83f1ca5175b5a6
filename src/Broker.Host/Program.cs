using Broker.Core;
using Broker.Host;
using Broker.Host.Commands;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Microsoft.Extensions.Hosting;

if (OperatorCommands.Names(args)) return await OperatorCommands.RunAsync(args, Console.Out, Console.Error);

CommandLine commandLine = CommandLine.Parse(args);
HostConfiguration configuration;
switch (commandLine.Verb)
{
    case Verb.Help:
        Console.WriteLine(HelpText.Text);
        return ExitCode.Success;
    case Verb.Version:
        Console.WriteLine($"Broker {MqttBroker.Version}");
        return ExitCode.Success;
    case Verb.Health when commandLine.HealthUrl is { } url:
        return await HealthProbe.RunAsync(url, Console.Error);
    default:
        configuration = HostConfiguration.Read(commandLine, Environment.GetEnvironmentVariables(), [AppContext.BaseDirectory, Environment.CurrentDirectory]);
        break;
}

if (configuration.Faults.Count > 0)
{
    Console.Error.WriteLine($"The configuration has {configuration.Faults.Count} fault(s); nothing was started:");
    foreach (ConfigurationFault fault in configuration.Faults) Console.Error.WriteLine($"  {fault}");
    return ExitCode.BadConfiguration;
}

if (commandLine.Verb == Verb.Check)
{
    Console.WriteLine($"The configuration is valid: {string.Join(", ", configuration.Endpoints.Select(endpoint => $"{endpoint.Name} {endpoint.Url}"))}");
    return ExitCode.Success;
}

SocketCompletions.RunInline();
WarmUp.Run();
try
{
    IReadOnlyList<BoundEndpoint> endpoints = BoundEndpoint.BindAll(configuration.Endpoints);
    using StoreHosting? store = StoreHosting.Open(configuration.Options.Storage, configuration.Options.Broker.Store);
    IHost host = HostComposition.Build(configuration, endpoints, store);
    await host.StartAsync();
    Console.WriteLine($"Broker ready: {string.Join(", ", endpoints.Select(bound => $"{bound.Endpoint.Name} {bound.Address}"))}");
    int exitCode = await Shutdown.WaitAsync(host);
    return store is { HasFailed: true } ? ExitCode.Failed : exitCode;
}
catch (Exception e) when (e is EndpointException or IOException)
{
    Console.Error.WriteLine(e.Message);
    return ExitCode.Failed;
}
