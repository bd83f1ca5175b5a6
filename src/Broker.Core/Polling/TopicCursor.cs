using System.Globalization;

namespace Broker.Core.Polling;

/// <summary>How far a caller is: everything up to a change of all topics, and perhaps a search that is not over.</summary>
/// <param name="Run">Tells this run of the broker, in which changes are numbered, from every other.</param>
/// <param name="Since">The caller has every change up to this number.</param>
/// <param name="Head">Where a search is under way: the number of the latest change when it began.</param>
/// <param name="Position">Where a search is under way: how far it is.</param>
/// <param name="Generation">Where a search is under way: what the position refers to.</param>
internal readonly record struct TopicCursor(uint Run, long Since, long Head = 0, int Position = 0, int Generation = 0)
{
    /// <summary>Whether a search is under way.</summary>
    public bool IsSearch => Position > 0;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out TopicCursor cursor)
    {
        cursor = default;
        string[] parts = text.Split('-');
        if (parts.Length is not (2 or 5) || parts[0].Length != 8) return false;
        if (!uint.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint run)) return false;
        var numbers = new long[parts.Length - 1];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!long.TryParse(parts[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return false;
        }

        cursor = new TopicCursor(run, numbers[0]);
        if (numbers.Length == 1) return true;
        if (numbers[2] is 0 or > int.MaxValue || numbers[3] > int.MaxValue) return false;
        cursor = cursor with { Head = numbers[1], Position = (int)numbers[2], Generation = (int)numbers[3] };
        return true;
    }

    /// <summary>Letters, digits and hyphens.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Run:x8}-{Since}{(IsSearch ? $"-{Head}-{Position}-{Generation}" : "")}");
}
