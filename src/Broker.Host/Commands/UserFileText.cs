using System.Text;

namespace Broker.Host.Commands;

/// <summary>The password file as text that is edited: comments, empty lines and the order stay.</summary>
internal sealed class UserFileText
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly List<string> _lines;

    private UserFileText(List<string> lines)
    {
        _lines = lines;
    }

    /// <summary>Every user with what is kept of the password.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Secrets)> All =>
    [
        .. _lines.Where(line => NameOf(line) is not null)
            .GroupBy(line => NameOf(line)!, line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal) // those without a name are not here
            .Select(group => (group.Key, (IReadOnlyList<string>)[.. group])),
    ];

    /// <summary>A file without users.</summary>
    public static UserFileText Empty() => new([]);

    /// <summary>Reads a file.</summary>
    public static UserFileText Load(string path) => new([.. File.ReadAllLines(path, _utf8)]);

    /// <summary>Whether a user is there.</summary>
    public bool Has(string name) => _lines.Any(line => NameOf(line) == name);

    /// <summary>Gives a user these secrets and no others.</summary>
    public void Set(string name, IEnumerable<string> secrets)
    {
        int place = _lines.FindIndex(line => NameOf(line) == name);
        Delete(name);
        _lines.InsertRange(place < 0 ? _lines.Count : place, secrets.Select(secret => $"{name}:{secret}"));
    }

    /// <summary>Deletes a user; false where there is none.</summary>
    public bool Delete(string name) => _lines.RemoveAll(line => NameOf(line) == name) > 0;

    /// <summary>
    /// Writes the file in place of the old one, whole or not at all: a broker that reads it meanwhile finds one or the other. A new
    /// file is for its owner only; an old one keeps its mode.
    /// </summary>
    public void Save(string path)
    {
        string? linked = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        string target = linked ?? Path.GetFullPath(path);
        string fresh = $"{target}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File.Exists(target) ? File.GetUnixFileMode(target) & (OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite) : OwnerOnly;
        try
        {
            using (var file = new FileStream(fresh, options))
            {
                foreach (string line in _lines) file.Write(_utf8.GetBytes(line + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, target, overwrite: true);
        }
        finally
        {
            File.Delete(fresh); // where it was not moved; otherwise there is nothing to delete
        }
    }

    private static string? NameOf(string line)
    {
        int colon = line.StartsWith('#') ? -1 : line.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : line[..colon];
    }
}
