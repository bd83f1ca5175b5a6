using Broker.Host.Security;

namespace Broker.Host.Configuration;

/// <summary>
/// What must hold for <c>Broker:Auth</c>, and what it names: users, keys, authorities. Whatever cannot be read is a fault; nothing
/// is left out in silence, since a check that is not there lets everybody pass.
/// </summary>
internal sealed class AuthRules(Settings settings, List<ConfigurationFault> faults)
{
    private const string Section = "Broker:Auth";

    /// <summary>Reads everything.</summary>
    public ConfiguredAuth Check(AuthOptions options, int tokenBytes)
    {
        var auth = new ConfiguredAuth();
        if (options.PasswordFile is { } path) auth = auth with { Users = ReadUsers(path) };
        if (options.Scram == true && options.PasswordFile is null) Fault("Scram", "is true, but Broker:Auth:PasswordFile names no file with users");
        if (options.Jwt is { } jwt) auth = new JwtRulesReader($"{Section}:Jwt", Fault).Read(jwt, tokenBytes, auth);
        if (options.ClientCertificates is { } certificates)
        {
            auth = auth with { ClientCertificates = new ClientCertificateReader($"{Section}:ClientCertificates", Fault).Read(certificates) };
        }

        bool isClash = auth.Users is { } users && auth.Tokens is { } tokens && (tokens.UserName == "*" || users.Users.ContainsKey(tokens.UserName));
        if (isClash) Fault("Jwt:UserName", $"'{options.Jwt?.UserName}' is also meant by the password file: a user of this name could not log in; choose another");
        return auth;
    }

    private UserFile? ReadUsers(string path)
    {
        const string Key = "PasswordFile";
        if (path.Length == 0)
        {
            Fault(Key, "is empty; name the file with the users, or leave the key out");
            return null;
        }

        var found = new List<string>();
        UserFile? users = UserFile.TryLoad(path, found);
        foreach (string fault in found) Fault(Key, fault);
        return users;
    }

    private void Fault(string key, string message)
    {
        string path = key.StartsWith(Section, StringComparison.Ordinal) ? key : $"{Section}:{key}";
        faults.Add(new(path, settings.OriginOf(path), message));
    }
}
