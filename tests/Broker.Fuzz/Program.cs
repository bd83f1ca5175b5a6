using System.Diagnostics;
using System.Globalization;
using Broker.Fuzz;

var coverage = new Coverage(); // before anything that is instrumented
if (CampaignOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(CampaignOptions.Usage);
    return 2;
}

if (options.Input is { } one)
{
    FuzzTarget target = FuzzTargets.All.Single(target => options.Targets.Contains(target.Name));
    Console.WriteLine(Execution.Run(target, one) ?? "nothing is wrong");
    return 0;
}

if (!Instrumentation.IsDone) return Instrumentation.RunCopy(args);

FuzzTarget[] targets = [.. FuzzTargets.All.Where(target => options.Targets.Count == 0 || options.Targets.Contains(target.Name))];
int shares = targets.Sum(target => target.Share);
long total = 0;
int faults = 0;
var watch = Stopwatch.StartNew();
foreach (FuzzTarget target in targets)
{
    long executions = target == targets[^1] ? options.Executions - total : options.Executions * target.Share / shares;
    coverage.Reset();
    foreach ((byte[] input, string fault) in new Campaign(target, options, coverage).Run(executions))
    {
        faults++;
        Console.WriteLine($"FAULT {target.Name} --input {Convert.ToHexString(input)}{Environment.NewLine}{fault}");
    }

    total += executions;
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total:N0} executions over {targets.Length} targets in {watch.Elapsed.TotalSeconds:F0} s, seed {options.Seed}: {faults} faults"));
return faults == 0 ? 0 : 1;
