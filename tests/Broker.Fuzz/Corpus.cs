using Broker.Testing;

namespace Broker.Fuzz;

/// <summary>Inputs that are kept: those that found faults, and those that went where no other goes. A line each, as hexadecimal digits, behind <c>#</c> a comment.</summary>
internal static class Corpus
{
    /// <summary>The file of a target.</summary>
    public static string PathOf(FuzzTarget target) => Path.Combine(Repository.Root, "tests", "Broker.Fuzz", "Corpus", target.Name + ".txt");

    /// <summary>The seeds, and what the file has.</summary>
    public static List<byte[]> Load(FuzzTarget target)
    {
        List<byte[]> inputs = [.. target.Seeds];
        string path = PathOf(target);
        if (File.Exists(path)) inputs.AddRange(File.ReadLines(path).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0).Select(Convert.FromHexString));
        return inputs;
    }

    /// <summary>Puts inputs into the file of a target, beside those that it has.</summary>
    public static void Add(FuzzTarget target, IEnumerable<byte[]> inputs)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(target))!); // it is below the repository's root
        File.AppendAllLines(PathOf(target), inputs.Select(Convert.ToHexString));
    }
}
