namespace Broker.Host.Reloading;

/// <summary>
/// Tells that files changed, once they have stayed as they are from one look to the next: who writes a file in pieces is not
/// taken at his first half.
/// </summary>
/// <remarks>
/// It looks at times and sizes instead of asking the system to be told: that also sees files behind the symbolic links that
/// container platforms swap, and needs no handles. Threading: one thread.
/// </remarks>
internal sealed class FileWatch
{
    private Dictionary<string, Stamp> _known;
    private Dictionary<string, Stamp>? _changing;

    /// <summary>Takes the files as they are now for known.</summary>
    public FileWatch(IEnumerable<string> files)
    {
        _known = Look(files);
    }

    /// <summary>Looks again; true once for every change that has come to rest.</summary>
    public bool HasChanged(IEnumerable<string> files)
    {
        Dictionary<string, Stamp> now = Look(files);
        if (AreSame(now, _known))
        {
            _changing = null;
            return false;
        }

        bool isAtRest = _changing is not null && AreSame(now, _changing);
        if (isAtRest) _known = now;
        _changing = isAtRest ? null : now;
        return isAtRest;
    }

    private static Dictionary<string, Stamp> Look(IEnumerable<string> files)
    {
        var stamps = new Dictionary<string, Stamp>(StringComparer.Ordinal);
        foreach (string file in files) stamps[file] = Stamp.Of(file);
        return stamps;
    }

    private static bool AreSame(Dictionary<string, Stamp> a, Dictionary<string, Stamp> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out Stamp other) && other == pair.Value);

    private readonly record struct Stamp(bool Exists, DateTime Written, long Length)
    {
        public static Stamp Of(string path)
        {
            try
            {
                var file = new FileInfo(path);
                if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
                return file.Exists ? new Stamp(true, file.LastWriteTimeUtc, file.Length) : default;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return default; // as good as gone; reading it will say what is wrong
            }
        }
    }
}
