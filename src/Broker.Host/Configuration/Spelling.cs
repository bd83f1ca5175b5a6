namespace Broker.Host.Configuration;

/// <summary>Finds the word that somebody probably meant.</summary>
internal static class Spelling
{
    /// <summary>The candidate nearest to a word, or null where none is near: one slip per three letters is forgiven.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string? nearest = null;
        int least = int.MaxValue;
        foreach (string candidate in candidates)
        {
            int distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            bool contained = Math.Min(word.Length, candidate.Length) >= 4
                && (word.Contains(candidate, StringComparison.OrdinalIgnoreCase) || candidate.Contains(word, StringComparison.OrdinalIgnoreCase));
            if (distance >= least || (distance > Math.Max(1, candidate.Length / 3) && !contained)) continue;
            least = distance;
            nearest = candidate;
        }

        return nearest;
    }

    /// <summary>Letters to insert, delete, replace, or swap with their neighbour until one word is the other.</summary>
    public static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if (swapped) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
