using System.Text;
using Broker.Core.Topics;
using CsCheck;

namespace Broker.Core.Tests.Topics;

/// <summary>Topic names and topic filters over so few levels that they collide, share prefixes and match each other often.</summary>
internal static class PathGen
{
    public static readonly Gen<string> Topic =
        Gen.OneOf("", "a", "b", "$x", "a long level that fills more than two words of the hash").Array[1, 5].Select(levels => string.Join('/', levels)).Where(path => path.Length > 0);

    public static readonly Gen<string> Filter =
        Gen.OneOf("", "a", "b", "$x", "+", "+", "#").Array[1, 5].Select(Join).Where(path => path.Length > 0);

    public static byte[] Utf8(string path) => Encoding.UTF8.GetBytes(path);

    public static bool Matches(string filter, string topic) => TopicFilter.Matches(Utf8(filter), Utf8(topic));

    /// <summary>'#' ends the filter wherever it stands.</summary>
    private static string Join(string[] levels)
    {
        int hash = Array.IndexOf(levels, "#");
        return string.Join('/', hash < 0 ? levels : levels[..(hash + 1)]);
    }
}
