using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Host.Security;

/// <summary>
/// The users as one reading of the password file found them: a line each with <c>name:hash</c>, or <c>name:SCRAM-SHA-256$...</c>;
/// empty lines and those that begin with <c>#</c> do not count. One bad line makes the whole file bad: a user who silently
/// is not there, or an empty file that lets everybody in, is what goes wrong elsewhere.
/// </summary>
/// <remarks>Threading: any thread; nothing changes after it was read.</remarks>
internal sealed class UserFile
{
    /// <summary>The largest file in bytes.</summary>
    public const int MaxBytes = 67_108_864;

    private const int MostFaults = 20;
    private const int KeyBytes = 32;

    private readonly Dictionary<string, UserEntry> _users;
    private readonly PasswordHash[] _hashes;
    private readonly byte[] _decoyKey = RandomNumberGenerator.GetBytes(KeyBytes);

    private UserFile(Dictionary<string, UserEntry> users, string digest)
    {
        _users = users;
        Digest = digest;
        _hashes = [.. users.Values.Select(user => user.Password).OfType<PasswordHash>()];
    }

    /// <summary>The users by name.</summary>
    public IReadOnlyDictionary<string, UserEntry> Users => _users;

    /// <summary>Tells one reading of the file from another.</summary>
    public string Digest { get; }

    /// <summary>Users whose password is cheap to guess for whoever has the file.</summary>
    public int WeakCount => _hashes.Count(hash => hash.IsWeak);

    /// <summary>Reads the file.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="faults">Gets what is wrong, each on one line, without secrets.</param>
    /// <returns>The users; null where anything is wrong.</returns>
    public static UserFile? TryLoad(string path, List<string> faults)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{path} has more than {MaxBytes} bytes"));
                return null;
            }

            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return TryParse(reader.ReadToEnd(), path, faults);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            faults.Add($"there is no file {Path.GetFullPath(path)}; 'Broker.Host user add NAME --file {path}' makes one");
        }
        catch (DecoderFallbackException)
        {
            faults.Add($"{path} is not UTF-8 text");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{path} cannot be read: {e.Message}");
        }

        return null;
    }

    /// <summary>Reads the text of a file.</summary>
    public static UserFile? TryParse(string text, string path, List<string> faults)
    {
        int before = faults.Count;
        var users = new Dictionary<string, UserEntry>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            if (ReadLine(line, users) is { } fault) faults.Add(string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: {fault}"));
            if (faults.Count - before >= MostFaults)
            {
                faults.Add($"{path}: there are more faults than these");
                return null;
            }
        }

        if (users.Count == 0 && faults.Count == before) faults.Add($"{path} has no users, so nobody could log in; 'Broker.Host user add NAME --file {path}' adds one");
        return faults.Count == before ? new UserFile(users, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))) : null;
    }

    /// <summary>Users that come from nowhere, for tests.</summary>
    internal static UserFile Of(params UserEntry[] users) => new(users.ToDictionary(user => user.Name, StringComparer.Ordinal), "");

    /// <summary>Whether everybody on this machine may read the file.</summary>
    public static bool IsWorldReadable(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0;

    /// <summary>
    /// What is tried in place of a user who is not there, so that the answer takes as long: the hash of one of those who are,
    /// for one name always the same. Null where nobody has a password.
    /// </summary>
    public PasswordHash? Decoy(string name) => _hashes.Length == 0 ? null : _hashes[(int)(BitConverter.ToUInt32(Seed(name)) % (uint)_hashes.Length)];

    /// <summary>The salt and the rounds that somebody who is not there is asked for; for one name always the same.</summary>
    public ScramKeys DecoyKeys(string name)
    {
        byte[] seed = Seed(name);
        int iterations = _users.Values.FirstOrDefault(user => user.Scram is not null)?.Scram?.Iterations ?? ScramKeys.DefaultIterations;
        return new ScramKeys(iterations, seed[..(KeyBytes / 2)], new byte[ScramKeys.KeyBytes], new byte[ScramKeys.KeyBytes]);
    }

    private static string? ReadLine(string line, Dictionary<string, UserEntry> users)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return "a line is name:hash, and this one has no colon";
        string name = line[..colon];
        string secret = line[(colon + 1)..];
        if (!UserName.IsValidInFile(name)) return UserName.Allowed;
        users.TryGetValue(name, out UserEntry? known);
        var entry = known ?? new UserEntry(name, null, null);
        string? fault;
        if (secret.StartsWith(ScramKeys.Scheme, StringComparison.Ordinal))
        {
            if (entry.Scram is not null) return $"user {name} has SCRAM keys already";
            entry = entry with { Scram = ScramKeys.TryParse(secret, out fault) };
        }
        else
        {
            if (entry.Password is not null) return $"user {name} has a password already";
            entry = entry with { Password = PasswordHash.TryParse(secret, out fault) };
        }

        if (fault is not null) return $"user {name}: {fault}";
        users[name] = entry;
        return null;
    }

    private byte[] Seed(string name) => HMACSHA256.HashData(_decoyKey, Encoding.UTF8.GetBytes(name));
}
