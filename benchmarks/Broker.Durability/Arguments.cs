using System.Globalization;

namespace Broker.Durability;

/// <summary>What follows the command: <c>--name value</c>, in pairs.</summary>
internal sealed class Arguments(IReadOnlyList<string> words)
{
    public static int Explain()
    {
        Console.Error.WriteLine(
            """
            throughput  [--clients 50] [--inflight 1,20] [--size 200] [--seconds 5] [--rounds 3] [--modes none,memory,fsync] [--folder <on the disk to measure>]
            recovery    [--sessions 100000] [--messages 1000000] [--size 100] [--rounds 3] [--folder <on the disk to measure>]
            """);
        return 2;
    }

    public string Text(string name, string otherwise)
    {
        for (int i = 0; i + 1 < words.Count; i += 2)
        {
            if (words[i] == "--" + name) return words[i + 1];
        }

        return otherwise;
    }

    public int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    /// <summary>A new folder on the disk that is to be measured.</summary>
    public string NewFolder()
    {
        string folder = Path.Combine(Text("folder", Path.GetTempPath()), $"broker-durability-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return folder;
    }
}
