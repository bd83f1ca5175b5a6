using Broker.Durability;

// What durability costs on this machine:
//   dotnet run -c Release --project benchmarks/Broker.Durability -- throughput      with and without a store, and the disk's own sync times
//   dotnet run -c Release --project benchmarks/Broker.Durability -- recovery        the start with 100,000 sessions and 1,000,000 queued messages
return args switch
{
    ["throughput", .. var rest] => ThroughputTable.Run(new Arguments(rest)),
    ["recovery", .. var rest] => RecoveryFigures.Run(new Arguments(rest)),
    _ => Arguments.Explain(),
};
