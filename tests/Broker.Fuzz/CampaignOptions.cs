using System.Globalization;

namespace Broker.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record CampaignOptions
{
    public const string Usage = """
        dotnet run -c Release --project tests/Broker.Fuzz -- [options]
          --executions N   over all targets together (1,000,000)
          --targets a,b    only these
          --seed N         of the mutations (1)
          --keep           puts short inputs that went somewhere new into the corpus
          --input HEX      runs one input on the target of --targets and says what happens
        """;

    public long Executions { get; init; } = 1_000_000;

    public IReadOnlyList<string> Targets { get; init; } = [];

    public int Seed { get; init; } = 1;

    public bool KeepsCorpus { get; init; }

    /// <summary>Inputs of a target that are kept, and how long they may be.</summary>
    public int KeptInputs { get; init; } = 100;

    public int KeptBytes { get; init; } = 256;

    public byte[]? Input { get; init; }

    /// <summary>Reads the arguments; null where they are none.</summary>
    public static CampaignOptions? Parse(string[] arguments)
    {
        var options = new CampaignOptions();
        try
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                options = arguments[i] switch
                {
                    "--executions" => options with { Executions = long.Parse(arguments[++i], CultureInfo.InvariantCulture) },
                    "--targets" => options with { Targets = arguments[++i].Split(',') },
                    "--seed" => options with { Seed = int.Parse(arguments[++i], CultureInfo.InvariantCulture) },
                    "--input" => options with { Input = Convert.FromHexString(arguments[++i]) },
                    "--keep" => options with { KeepsCorpus = true },
                    _ => throw new FormatException(arguments[i]),
                };
            }
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }

        return options.Targets.All(name => FuzzTargets.All.Any(target => target.Name == name)) ? options : null;
    }
}
