using System.Globalization;
using Broker.Crash;

// Kills a broker N times under load and says what became of what it had acknowledged:
//   dotnet run -c Release --project tests/Broker.Crash -- 200
//   dotnet run -c Release --project tests/Broker.Crash -- 200 mosquitto -c $PWD/tests/Broker.Crash/mosquitto.conf -p {port}
//                                              (any other broker, in an empty folder of its own; {port} and {folder} are filled in)
//   dotnet run -c Release --project tests/Broker.Crash -- syncs 60                 kills it at its 1st, 2nd, ... 60th sync; needs strace
//   dotnet run -c Release --project tests/Broker.Crash -- syncs 60 error=EIO       lets that sync fail; any effect that strace's inject knows
//   dotnet run -c Release --project tests/Broker.Crash -- writes 60 error=ENOSPC   the same for writes to files
//   dotnet run -c Release --project tests/Broker.Crash -- shortwrites 20           files that cannot grow beyond a size
//   dotnet run -c Release --project tests/Broker.Crash -- powercuts 20             cuts the power of its disk; needs root, loop devices and mkfs.ext4
string kind = args is [var first, ..] && !char.IsAsciiDigit(first[0]) ? first : "kills";
if (kind != "kills") args = args[1..];
string effect = kind is "syncs" or "writes" && args is [_, var named] ? named : "signal=KILL";
if (args is [_, _] && kind is "syncs" or "writes") args = args[..1];
Func<int, IReadOnlyList<string>>? launcher = kind switch
{
    "kills" or "powercuts" => null,
    "syncs" => cycle => CampaignOptions.At(CampaignOptions.Syncs, effect, effect == "signal=KILL" ? cycle : cycle + CampaignOptions.ProbeSyncs), // not with --seccomp-bpf: it then sends no signals
    "writes" => cycle => CampaignOptions.At(CampaignOptions.Writes, effect, cycle),
    "shortwrites" => cycle => CampaignOptions.WithFilesUpTo(200 + (cycle * 97)),
    _ => throw new ArgumentException($"{kind} is none of kills, syncs, writes, shortwrites, powercuts"),
};
string reason = "";
LoopDisk? disk = kind == "powercuts" ? LoopDisk.TryCreate(out reason) ?? throw new IOException(reason) : null;
int cycles = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20;
string[] command = args.Length > 1 ? args[1..] : [.. CampaignOptions.OwnCommand];
string? defect = Environment.GetEnvironmentVariable("BROKER_TEST_SEEDED_DEFECT");
using var campaign = new Campaign(new CampaignOptions
{
    Cycles = cycles,
    Seed = Environment.TickCount,
    Command = command,
    Launcher = launcher,
    Disk = disk,
    Environment = defect is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["BROKER_TEST_SEEDED_DEFECT"] = defect },
});
Verdict verdict = campaign.Run(Console.Error.WriteLine);
Console.WriteLine(verdict);
if (launcher is not null) Console.WriteLine($"exit codes: {string.Join(", ", campaign.ExitCodes.CountBy(code => code).Select(code => $"{code.Key} x {code.Value}"))}");
return verdict.IsSound ? 0 : 1;
