using System.Text;
using Broker.Core.Topics;

namespace Broker.Fuzz.Targets;

/// <summary>A filter, a line break and a topic: whether they are right, and whether they match, asked in a second way as well.</summary>
internal sealed class TopicTarget : FuzzTarget
{
    private const int MaxTopicBytes = 1_024;
    private const int MaxLevels = 128;

    private static readonly string[] _seeds =
    [
        "a/b/c\na/b/c", "+/b/#\na/b/c/d", "#\n$SYS/x", "$SYS/#\n$SYS/x", "$share/g/a/+\na/b", "$changes/a/#\na", "$share/g/$changes/+/+\n/x", "//+/\n///", "+\n", "a/#\na",
        string.Concat(Enumerable.Repeat("/", 200)) + "\n" + string.Concat(Enumerable.Repeat("/", 127)),
    ];

    public override string Name => "topics";

    public override int Share => 200;

    public override IEnumerable<byte[]> Seeds => _seeds.Select(Encoding.UTF8.GetBytes);

    public override IReadOnlyList<byte[]> Words { get; } = [.. new[] { "/", "+", "#", "/+", "/#", "$share/", "$changes/", "$SYS", "$", "\n", "//", "a" }.Select(Encoding.UTF8.GetBytes)];

    public override long AllocationBound(int inputBytes) => 1_024; // nothing but what the caller of this target puts into a box

    public override object? Execute(byte[] input)
    {
        Split(input, out ReadOnlySpan<byte> text, out ReadOnlySpan<byte> topic);
        if (TopicFilter.TryParse(text, MaxTopicBytes, MaxLevels, out TopicFilter filter) != TopicFault.None) return null;
        if (TopicName.Check(topic, MaxTopicBytes, MaxLevels) != TopicFault.None) return null;
        ReservedTopics.Contains(topic);
        return TopicFilter.Matches(filter.Filter, topic);
    }

    public override void Check(byte[] input, object? outcome)
    {
        if (outcome is not bool matches) return;
        Split(input, out ReadOnlySpan<byte> text, out ReadOnlySpan<byte> topicText);
        string filter = Encoding.Latin1.GetString(text); // a letter for each byte, whatever it is
        string topic = Encoding.Latin1.GetString(topicText);
        if (filter.StartsWith("$share/", StringComparison.Ordinal)) filter = filter[(filter.IndexOf('/', 7) + 1)..];
        if (filter.StartsWith("$changes/", StringComparison.Ordinal)) filter = filter["$changes/".Length..];
        if (filter.Length == 0 || topic.Length == 0 || topic.AsSpan().ContainsAny("+#")) throw new InvalidOperationException("what is no filter or topic was taken for one");
        if (Matches(filter.Split('/'), topic.Split('/')) != matches) throw new InvalidOperationException($"'{filter}' and '{topic}': {matches}");
    }

    private static bool Matches(string[] filter, string[] topic)
    {
        if (topic[0].StartsWith('$') && filter[0] is "+" or "#") return false;
        for (int i = 0; i < filter.Length; i++)
        {
            if (filter[i] == "#") return topic.Length >= i;
            if (i >= topic.Length || (filter[i] != "+" && filter[i] != topic[i])) return false;
        }

        return filter.Length == topic.Length;
    }

    private static void Split(byte[] input, out ReadOnlySpan<byte> filter, out ReadOnlySpan<byte> topic)
    {
        int at = input.AsSpan().IndexOf((byte)'\n');
        filter = at < 0 ? input : input.AsSpan(0, at);
        topic = at < 0 ? default : input.AsSpan(at + 1);
    }
}
