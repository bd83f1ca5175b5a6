using System.Globalization;
using Broker.Crash;

// Kills a broker N times under load and says what became of what it had acknowledged:
//   dotnet run -c Release --project tests/Broker.Crash -- 200
//   dotnet run -c Release --project tests/Broker.Crash -- 200 mosquitto -c /etc/durable.conf -p {port}     (any other broker; {folder} is its own)
//   dotnet run -c Release --project tests/Broker.Crash -- syncs 60      (kills it at its 1st, 2nd, ... 60th sync; needs strace)
bool isSweep = args is ["syncs", ..];
if (isSweep) args = args[1..];
int cycles = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20;
string[] command = args.Length > 1 ? args[1..] : [.. CampaignOptions.OwnCommand];
string? defect = Environment.GetEnvironmentVariable("BROKER_TEST_SEEDED_DEFECT");
using var campaign = new Campaign(new CampaignOptions
{
    Cycles = cycles,
    Seed = Environment.TickCount,
    Command = command,
    Launcher = isSweep ? cycle => CampaignOptions.AtSync("signal=KILL", cycle) : null, // not with --seccomp-bpf: it then sends no signals
    Environment = defect is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["BROKER_TEST_SEEDED_DEFECT"] = defect },
});
Verdict verdict = campaign.Run(Console.Error.WriteLine);
Console.WriteLine(verdict);
return verdict.IsSound ? 0 : 1;
