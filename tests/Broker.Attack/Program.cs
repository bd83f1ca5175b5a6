using System.Globalization;
using System.Text;
using Broker.Attack;

// Attacks brokers with all rows of the catalogue and prints a table, in Markdown:
//   dotnet run -c Release --project tests/Broker.Attack                                       (this broker)
//   dotnet run -c Release --project tests/Broker.Attack -- --broker this --broker mosquitto   (both, side by side)
//   dotnet run -c Release --project tests/Broker.Attack -- --row A03                          (one row)
//   dotnet run -c Release --project tests/Broker.Attack -- --file tls                         (one file)
List<BrokerKind> kinds = [];
string? only = null;
string? onlyFile = null;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    if (args[i] == "--row") only = args[i + 1];
    else if (args[i] == "--file") onlyFile = args[i + 1];
    else if (args[i] == "--broker" && args[i + 1] == "this") kinds.Add(BrokerKind.Own());
    else if (args[i] == "--broker" && args[i + 1] == "mosquitto") kinds.Add(BrokerKind.Mosquitto);
    else args = ["?"];
}

if (args.Length % 2 != 0)
{
    Console.Error.WriteLine("--broker this|mosquitto (may repeat), --row NAME, --file NAME");
    return 2;
}

if (kinds.Count == 0) kinds.Add(BrokerKind.Own());
List<List<AttackResult>> columns = [];
foreach (BrokerKind kind in kinds)
{
    List<AttackResult> column = [];
    foreach ((string file, AttackSetting setting) in AttackFiles.All.Where(one => onlyFile is null || one.Name == onlyFile))
    {
        if (AttackFiles.Missing(file) is { Count: > 0 } missing)
        {
            Console.Error.WriteLine($"{kind.Name}: {file} is left out, {string.Join(" and ", missing)} is not installed");
            continue;
        }

        AttackRow[] rows = [.. AttackFiles.Rows(file).Where(row => only is null || row.Name == only)];
        if (rows.Length == 0) continue;
        var suite = new AttackSuite(() => BrokerUnderTest.StartAsync(kind, AttackFiles.ForFolder(), setting), AttackFiles.ProbeCredentials(setting));
        Console.Error.WriteLine($"{kind.Name}: {file}");
        column.AddRange(await suite.RunAsync(rows));
    }

    columns.Add(column);
}

var table = new StringBuilder();
table.AppendLine(CultureInfo.InvariantCulture, $"| | attack | seen in | {string.Join(" | ", kinds.Select(kind => kind.Name))} |");
table.AppendLine("|---|---|---|" + string.Concat(Enumerable.Repeat("---|", kinds.Count)));
for (int i = 0; i < columns[0].Count; i++)
{
    AttackRow row = columns[0][i].Row;
    table.AppendLine(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Title} | {row.Source} | {string.Join(" | ", columns.Select(column => Cell(column[i])))} |");
}

Console.Write(table);
for (int i = 0; i < kinds.Count; i++)
{
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{kinds[i].Name}: {columns[i].Count(result => result.Fault is null)} of {columns[i].Count} as they must be; at most {columns[i].Max(result => result.Megabytes):F0} MiB and {columns[i].Max(result => result.CpuSeconds):F2} s of a processor for one, another client's round trip at most {columns[i].Max(result => result.RoundTrip?.TotalMilliseconds ?? 0):F0} ms"));
}

foreach (AttackResult result in columns.SelectMany(column => column).Where(result => result.Fault is not null)) Console.Error.WriteLine($"{result.Row.Name}: {result.Fault}");
return columns[0].All(result => result.Fault is null) ? 0 : 1;

static string Cell(AttackResult result) => result.Fault is null ? "✓ " + result.Happened : $"**✗** {result.Fault.Replace("|", "\\|", StringComparison.Ordinal)}";
