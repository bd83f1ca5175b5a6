namespace Broker.Core.Topics;

/// <summary>How the arrays under the trees grow: by half, so that a tree of any size wastes a third at most and adding stays O(1) on average.</summary>
internal static class Growth
{
    /// <summary>The size after <paramref name="size"/>, which is at least 2.</summary>
    /// <exception cref="InsufficientMemoryException">No array can be larger.</exception>
    public static int Next(int size)
    {
        if (size >= Array.MaxLength)
        {
            throw new InsufficientMemoryException("A topic tree has reached the largest array.");
        }

        return (int)Math.Min(size + (size / 2L), Array.MaxLength);
    }
}
