using BenchmarkDotNet.Running;
using Broker.Benchmarks;

// gate: a short run in this process that only looks at allocated bytes, for CI. Anything else goes to BenchmarkDotNet.
if (args is ["gate", ..]) return AllocationGate.Run(update: args.Contains("--update"));
if (args is ["filters", ..]) return FilterFigures.Run();
if (args is ["sessions", ..]) return SessionFigures.Run();
if (args is ["topics", ..]) return TopicFigures.Run();
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
